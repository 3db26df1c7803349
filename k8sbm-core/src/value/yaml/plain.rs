//! Which texts YAML 1.1 would read as something else than text.

use regex::Regex;
use std::sync::LazyLock;

/// Whether a text without quotes would be read as a number, a boolean, a date or nothing.
pub(super) fn means_something_else(text: &str) -> bool {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        compile(
            r"^(?:~|null|Null|NULL||yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|=|<<)$",
        )
    });
    static INTEGER: LazyLock<Regex> = LazyLock::new(|| {
        compile(
            r"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$",
        )
    });
    static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
        compile(
            r"^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        )
    });
    static TIME: LazyLock<Regex> = LazyLock::new(|| {
        compile(
            r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$",
        )
    });
    match text.chars().next() {
        None => true,
        Some('!' | '&' | '*') => text.len() == 1,
        Some(first) => {
            ("-+.".contains(first) || first.is_ascii_digit())
                && [&INTEGER, &FLOAT, &TIME]
                    .iter()
                    .any(|kind| kind.is_match(text))
                || WORDS.is_match(text)
        }
    }
}

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

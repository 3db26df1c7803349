//! What a term compares names with.

use crate::diagnostic::Diagnostic;

/// A name, a shell glob, or a regular expression.
#[derive(Clone, Debug)]
pub(super) enum Matcher {
    Name(String),
    Glob(regex::Regex),
    Regex(fancy_regex::Regex),
}

impl Matcher {
    pub(super) fn new(text: &str) -> Result<Self, Diagnostic> {
        if let Some(expression) = text.strip_prefix('~') {
            let bad =
                |error| Diagnostic::new(format!("bad regular expression `{expression}`: {error}"));
            // Checked alone first, so that positions in the message are those of the user's text.
            fancy_regex::Regex::new(expression).map_err(bad)?;
            // As in Ansible, the start of a name must match, not all of it.
            return fancy_regex::Regex::new(&format!("^(?:{expression})"))
                .map(Self::Regex)
                .map_err(bad);
        }
        if !text.contains(['*', '?', '[']) {
            return Ok(Self::Name(text.to_owned()));
        }
        let bad = |error| Diagnostic::new(format!("bad pattern `{text}`: {error}"));
        regex::Regex::new(&glob_to_regex(text))
            .map(Self::Glob)
            .map_err(bad)
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Name(wanted) => wanted == name,
            Self::Glob(regex) => regex.is_match(name),
            Self::Regex(regex) => regex.is_match(name).unwrap_or(false),
        }
    }
}

/// `*`, `?`, `[ab]` and `[!ab]` of the shell.
fn glob_to_regex(glob: &str) -> String {
    let mut regex = String::from("(?s)^");
    let mut rest = glob;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match (character, class_end(rest)) {
            ('*', _) => regex.push_str(".*"),
            ('?', _) => regex.push('.'),
            ('[', Some(end)) => {
                let (class, after) = rest.split_at(end);
                rest = &after[1..];
                let (negated, class) = class
                    .strip_prefix('!')
                    .map_or(("", class), |class| ("^", class));
                let class = class
                    .replace('\\', "\\\\")
                    .replace('[', "\\[")
                    .replace('^', "\\^")
                    .replace(']', "\\]");
                let class = class
                    .replace("&&", "&\\&")
                    .replace("~~", "~\\~")
                    .replace("--", "-\\-");
                regex.push_str(&format!("[{negated}{class}]"));
            }
            _ => regex.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    regex
}

/// Where the class that starts here ends; a `]` right at its start belongs to it.
fn class_end(rest: &str) -> Option<usize> {
    let from = if rest.starts_with("!]") {
        2
    } else {
        usize::from(rest.starts_with([']', '!']))
    };
    rest.get(from..)?.find(']').map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Matcher::new(pattern).unwrap().matches(name)
    }

    #[test]
    fn globs_match_whole_names() {
        assert!(matches("web*", "web1") && matches("web*", "web") && !matches("web*", "myweb"));
        assert!(matches("*.org", "a.org") && !matches("*.org", "a-org"));
        assert!(matches("w?b", "web") && !matches("w?b", "wb"));
        assert!(matches("web[13-5]*", "web41") && !matches("web[13-5]*", "web2"));
        assert!(matches("web[!1]", "web2") && !matches("web[!1]", "web1"));
        assert!(matches("a[]b]c", "a]c") && matches("a[b*", "a[bc"));
    }

    #[test]
    fn regular_expressions_match_starts_of_names() {
        assert!(
            matches("~web\\d", "web12") && !matches("~web\\d$", "web12") && !matches("~eb", "web")
        );
        assert!(matches("~(?!web)", "db") && !matches("~(?!web)", "web"));
        assert!(matches("~a|b", "bc"));
        insta::assert_snapshot!(Matcher::new("~web(").unwrap_err(), @"bad regular expression `web(`: Parsing error at position 4: Opening parenthesis without closing parenthesis");
    }

    proptest! {
        #[test]
        fn every_glob_is_understood(glob in "[]a-c*?\\[!^&~\\\\-]{1,12}", name in "[a-c]{0,4}") {
            if let Ok(matcher) = Matcher::new(&glob) {
                matcher.matches(&name);
            }
        }
    }
}

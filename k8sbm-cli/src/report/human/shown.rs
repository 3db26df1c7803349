//! Results as JSON, the way Ansible prints them.

use serde_json::{Map, Value as Json};

/// Keys that a brief failure leaves out: they are shown below it, or tell nothing new.
const LONG: [&str; 13] = [
    "diff",
    "exception",
    "stdout",
    "stdout_lines",
    "stderr",
    "stderr_lines",
    "start",
    "end",
    "delta",
    "invocation",
    "ansible_facts",
    "failed",
    "results",
];

/// A result with sorted keys and without the engine's own; `but` says which keys stay out.
fn sorted(value: &Json, but: &dyn Fn(&str) -> bool) -> Json {
    match value {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().filter(|key| !but(key)).collect();
            keys.sort_unstable();
            let all = |_: &str| false;
            Json::Object(
                keys.into_iter()
                    .map(|key| (key.clone(), sorted(&map[key], &all)))
                    .collect::<Map<_, _>>(),
            )
        }
        Json::Array(items) => {
            let all = |_: &str| false;
            Json::Array(items.iter().map(|item| sorted(item, &all)).collect())
        }
        other => other.clone(),
    }
}

/// On one line, with a blank after commas and colons as Python writes it.
fn line(value: &Json) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Blanks);
    // Writing a value that was read cannot fail.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    String::from_utf8(text).unwrap_or_default()
}

/// Over several lines, four blanks deep.
fn lines(value: &Json) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    let _ = serde::Serialize::serialize(value, &mut serializer);
    String::from_utf8(text).unwrap_or_default()
}

/// A failure in short: what is long is shown below it.
pub fn brief(result: &Json) -> String {
    line(&sorted(result, &|key| {
        key.starts_with('_') || LONG.contains(&key)
    }))
}

/// A result as `-v` shows it, on several lines from `-vvv` on.
pub fn full(result: &Json, verbosity: u8) -> String {
    let value = sorted(result, &|key| {
        // Diffs are shown as diffs.
        key.starts_with('_') || matches!(key, "failed" | "exception" | "diff")
    });
    if verbosity > 2 {
        lines(&value)
    } else {
        line(&value)
    }
}

/// A result over several lines, as ad-hoc commands show it.
pub fn pretty(result: &Json) -> String {
    full(result, 3)
}

/// What `debug` and `assert` have to say.
pub fn message(module: &str, result: &Json) -> Option<String> {
    let short = module.rsplit('.').next().unwrap_or(module);
    if !matches!(short, "debug" | "assert") {
        return None;
    }
    let of_variable = short == "debug" && result.get("msg").is_none();
    let own = |key: &str| {
        key.starts_with('_')
            || matches!(key, "failed" | "ansible_loop_var" | "warnings")
            || key == "changed" && short == "debug"
            || !of_variable && result.get("ansible_loop_var").and_then(Json::as_str) == Some(key)
    };
    Some(lines(&sorted(result, &own)))
}

struct Blanks;

impl serde_json::ser::Formatter for Blanks {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

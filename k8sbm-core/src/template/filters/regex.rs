//! Regular expressions, in Python's syntax.

use crate::template::call::{Call, Operation, fail, text_of};
use fancy_regex::Regex;
use minijinja::{Error, Value};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

type Captures<'t> = fancy_regex::Captures<'t, str>;

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(
        &["regex_replace"],
        &[
            "pattern",
            "replacement",
            "ignorecase",
            "multiline",
            "count",
            "mandatory_count",
        ],
        regex_replace,
    ),
    Operation::new(
        &["regex_search"],
        &["regex", "ignorecase", "multiline", "*"],
        regex_search,
    ),
    Operation::new(
        &["regex_findall"],
        &["regex", "multiline", "ignorecase"],
        regex_findall,
    ),
    Operation::new(&["regex_escape"], &["re_type"], regex_escape),
];

/// Compiles a pattern in Python's syntax; compiled ones are kept.
pub(in crate::template) fn pattern(
    pattern: &str,
    ignorecase: bool,
    multiline: bool,
) -> Result<Regex, Error> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let flags = match (ignorecase, multiline) {
        (true, true) => "(?im)",
        (true, false) => "(?i)",
        (false, true) => "(?m)",
        (false, false) => "",
    };
    let key = format!("{flags}{pattern}");
    if let Some(known) = KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
    {
        return Ok(known.clone());
    }
    let regex = Regex::new(&format!("{flags}{}", translated(pattern))).map_err(|error| {
        let why = error.to_string();
        let why = match why.contains("Target of repeat operator is invalid") {
            true => "nothing to repeat", // as Python says it
            false => &why,
        };
        fail(format!("{pattern:?} is not a regular expression: {why}"))
    })?;
    KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, regex.clone());
    Ok(regex)
}

/// Python's `\Z` is the very end, and `$` also stands before a last line end.
fn translated(pattern: &str) -> Cow<'_, str> {
    if pattern.contains("\\Z") {
        pattern.replace("\\Z", "\\z").into()
    } else {
        pattern.into()
    }
}

fn runtime(error: impl ToString) -> Error {
    fail(format!(
        "the regular expression failed: {}",
        error.to_string()
    ))
}

fn regex_replace(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let from = call.text("pattern")?.unwrap_or_default();
    let to = call.text("replacement")?.unwrap_or_default();
    let regex = pattern(&from, call.flag("ignorecase")?, call.flag("multiline")?)?;
    let limit = usize::try_from(call.whole("count")?.unwrap_or(0)).unwrap_or(0);
    let (replaced, count) = replaced(&regex, &text, &to, limit)?;
    match call.whole("mandatory_count")? {
        Some(wanted) if wanted != 0 && wanted != count => Err(fail(format!(
            "{from:?} has to match {wanted} times, and matches {count} times in {text:?}"
        ))),
        _ => Ok(Value::from(replaced)),
    }
}

/// Replaces matches, as many as `limit` if that is not 0, and counts them.
///
/// As in Python, a match of nothing may follow right after a match of something.
fn replaced(regex: &Regex, text: &str, to: &str, limit: usize) -> Result<(String, i64), Error> {
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut from, mut count) = (0, 0, 0);
    let mut empty_at = None;
    while from <= text.len()
        && (limit == 0 || usize::try_from(count).is_ok_and(|count| count < limit))
    {
        let Some(found) = regex.captures_from_pos(text, from).map_err(runtime)? else {
            break;
        };
        let Some(whole) = found.get(0) else { break };
        let (start, end) = (whole.start(), whole.end());
        if start == end && empty_at == Some(start) {
            from = start + text[start..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        out.push_str(&text[copied..start]);
        out.push_str(&expand(to, &found));
        (copied, from, count) = (end, end, count + 1);
        if start == end {
            empty_at = Some(end);
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Ok((out, count))
}

/// Fills `\1` and `\g<name>` in a replacement, as Python does.
fn expand(replacement: &str, found: &Captures<'_>) -> String {
    let mut out = String::with_capacity(replacement.len());
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let digits = (after.len()
            - after
                .trim_start_matches(|letter: char| letter.is_ascii_digit())
                .len())
        .min(2);
        if digits > 0 {
            let group = after[..digits]
                .parse()
                .ok()
                .and_then(|number: usize| found.get(number));
            out.push_str(group.map_or("", |group| group.as_str()));
            rest = &after[digits..];
        } else if let Some((name, tail)) = after
            .strip_prefix("g<")
            .and_then(|name| name.split_once('>'))
        {
            out.push_str(group_named(found, name).unwrap_or_default());
            rest = tail;
        } else {
            let letter = after.chars().next();
            match letter {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('\\') | None => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
            }
            rest = &after[letter.map_or(0, char::len_utf8)..];
        }
    }
    out + rest
}

fn group_named<'t>(found: &Captures<'t>, name: &str) -> Option<&'t str> {
    let group = name
        .parse()
        .map_or_else(|_| found.name(name), |number: usize| found.get(number));
    group.map(|group| group.as_str())
}

fn regex_search(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let flag = |name| Ok::<_, Error>(call.named(name).is_some_and(|value| value.is_true()));
    let regex = pattern(
        &call.need_text("regex")?,
        flag("ignorecase")?,
        flag("multiline")?,
    )?;
    let Some(found) = regex.captures(text.as_str()).map_err(runtime)? else {
        return Ok(Value::from(()));
    };
    let groups = call.positional.get(1..).unwrap_or_default();
    if groups.is_empty() {
        return Ok(Value::from(found.get(0).map_or("", |whole| whole.as_str())));
    }
    let group = |wanted: &Value| {
        let wanted = text_of(wanted)?;
        let name = wanted
            .strip_prefix("\\g<")
            .and_then(|name| name.strip_suffix('>'))
            .or_else(|| wanted.strip_prefix('\\'));
        let name = name.ok_or_else(|| {
            fail(format!(
                "{wanted:?} is not a group; write \\\\1 or \\\\g<name>"
            ))
        })?;
        Ok(group_named(&found, name).map_or_else(|| Value::from(()), Value::from))
    };
    groups
        .iter()
        .map(group)
        .collect::<Result<Vec<_>, Error>>()
        .map(Value::from)
}

fn regex_findall(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let regex = pattern(
        &call.need_text("regex")?,
        call.flag("ignorecase")?,
        call.flag("multiline")?,
    )?;
    let mut all = Vec::new();
    for found in regex.captures_iter(&text) {
        let found = found.map_err(runtime)?;
        let group = |index: usize| Value::from(found.get(index).map_or("", |group| group.as_str()));
        all.push(match found.len() {
            1 => group(0),
            2 => group(1),
            groups => Value::from((1..groups).map(group).collect::<Vec<_>>()),
        });
    }
    Ok(Value::from(all))
}

fn regex_escape(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let special = match call.text("re_type")?.as_deref().unwrap_or("python") {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}",
        "posix_basic" => "].[^$*\\",
        other => {
            return Err(fail(format!(
                "{other:?} is no kind of regular expression that can be escaped"
            )));
        }
    };
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if special.contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    Ok(Value::from(out))
}

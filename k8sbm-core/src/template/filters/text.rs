//! Text and regular expressions.

use super::Filters;
use crate::{template::finish::finish, value::python_str};
use fancy_regex::Regex;

type Captures<'t> = fancy_regex::Captures<'t, str>;
use minijinja::{Error, ErrorKind, Value, value::Kwargs};
use std::borrow::Cow;

pub(super) fn register(filters: &mut Filters<'_>) {
    filters.builtin(&["join"], join);
    filters.builtin(&["regex_replace"], regex_replace);
}

fn join(value: &Value, separator: Option<Cow<'_, str>>, kwargs: Kwargs) -> Result<String, Error> {
    let separator = kwargs
        .get::<Option<String>>("d")?
        .map(Cow::Owned)
        .or(separator)
        .unwrap_or_default();
    let attribute = kwargs.get::<Option<String>>("attribute")?;
    kwargs.assert_all_used()?;
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let mut out = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        let item = match &attribute {
            Some(attribute) => item.get_attr(attribute)?,
            None => item,
        };
        out.push_str(if index > 0 { &separator } else { "" });
        out.push_str(&python_str(&finish(item)?));
    }
    Ok(out)
}

/// Compiles a pattern in Python's syntax.
pub(in crate::template) fn pattern(
    pattern: &str,
    ignorecase: bool,
    multiline: bool,
) -> Result<Regex, Error> {
    let flags = match (ignorecase, multiline) {
        (true, true) => "(?im)",
        (true, false) => "(?i)",
        (false, true) => "(?m)",
        (false, false) => "",
    };
    Regex::new(&format!("{flags}{pattern}")).map_err(|error| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("{pattern:?} is no regular expression: {error}"),
        )
    })
}

fn regex_replace(
    value: &Value,
    from: Option<String>,
    to: Option<String>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let ignorecase = kwargs.get::<Option<bool>>("ignorecase")?.unwrap_or(false);
    let multiline = kwargs.get::<Option<bool>>("multiline")?.unwrap_or(false);
    let from = kwargs
        .get::<Option<String>>("pattern")?
        .or(from)
        .unwrap_or_default();
    let to = kwargs
        .get::<Option<String>>("replacement")?
        .or(to)
        .unwrap_or_default();
    let count = kwargs.get::<Option<usize>>("count")?.unwrap_or(0);
    kwargs.assert_all_used()?;
    let text = python_str(&finish(value.clone())?);
    let regex = pattern(&from, ignorecase, multiline)?;
    let replaced = regex.try_replacen(&text, count, |found: &Captures<'_>| expand(&to, found));
    replaced
        .map(Cow::into_owned)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// Fills `\1` and `\g<name>` in a replacement, as Python does.
fn expand(replacement: &str, found: &Captures<'_>) -> String {
    let mut out = String::with_capacity(replacement.len());
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let digits = after.len()
            - after
                .trim_start_matches(|letter: char| letter.is_ascii_digit())
                .len();
        if digits > 0 {
            let digits = digits.min(2);
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
            let group = name
                .parse()
                .map_or_else(|_| found.name(name), |number: usize| found.get(number));
            out.push_str(group.map_or("", |group| group.as_str()));
            rest = tail;
        } else {
            let letter = after.chars().next();
            match letter {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('\\') => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            }
            rest = &after[letter.map_or(0, char::len_utf8)..];
        }
    }
    out + rest
}

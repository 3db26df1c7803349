//! Comparing versions.

use super::Tests;
use minijinja::{Error, ErrorKind, Value, value::Kwargs};
use std::cmp::Ordering;

pub(super) fn register(tests: &mut Tests<'_>) {
    tests.builtin(&["version", "version_compare"], version);
}

fn version(
    value: &Value,
    other: String,
    operator: Option<String>,
    kwargs: Kwargs,
) -> Result<bool, Error> {
    let _ = (
        kwargs.get::<Option<bool>>("strict")?,
        kwargs.get::<Option<String>>("version_type")?,
    );
    let operator = kwargs
        .get::<Option<String>>("operator")?
        .or(operator)
        .unwrap_or_else(|| "==".to_owned());
    kwargs.assert_all_used()?;
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let order = loose(&value.to_string(), &other);
    Ok(match operator.as_str() {
        "==" | "=" | "eq" => order == Ordering::Equal,
        "!=" | "<>" | "ne" => order != Ordering::Equal,
        "<" | "lt" => order == Ordering::Less,
        "<=" | "le" => order != Ordering::Greater,
        ">" | "gt" => order == Ordering::Greater,
        ">=" | "ge" => order != Ordering::Less,
        _ => {
            let words = format!("{operator:?} compares no versions; use ==, !=, <, <=, > or >=");
            return Err(Error::new(ErrorKind::InvalidOperation, words));
        }
    })
}

/// The order of two versions, their numbers and letters compared part by part.
pub(in crate::template) fn loose(left: &str, right: &str) -> Ordering {
    parts(left).cmp(&parts(right))
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Word(String),
    Number(u64),
}

fn parts(version: &str) -> Vec<Part> {
    let mut found: Vec<String> = Vec::new();
    let mut before = None;
    for letter in version.trim().chars() {
        let kind = if letter.is_ascii_digit() { 'n' } else { 'w' };
        if letter == '.' {
            before = None;
            continue;
        }
        match found.last_mut() {
            Some(part) if before == Some(kind) => part.push(letter),
            _ => found.push(letter.to_string()),
        }
        before = Some(kind);
    }
    found
        .into_iter()
        .map(|part| {
            part.parse()
                .map_or_else(|_| Part::Word(part.clone()), Part::Number)
        })
        .collect()
}

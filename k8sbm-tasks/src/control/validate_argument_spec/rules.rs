//! Rules of arguments that need, or exclude, each other.

use super::conversion::shown;
use serde_json::{Map, Value as Json};

/// What one rule says against what was given.
type Check = fn(&Json, &Map<String, Json>) -> Option<String>;

/// What the rules of one level say against what was given.
pub(super) fn broken(rules: &Map<String, Json>, given: &Map<String, Json>) -> Vec<String> {
    let checks: [(&str, Check); 4] = [
        ("required_together", together),
        ("required_one_of", one_of),
        ("required_if", required_if),
        ("required_by", required_by),
    ];
    let checked = checks.into_iter();
    checked
        .filter_map(|(name, check)| check(rules.get(name)?, given))
        .collect()
}

/// Which of those that exclude each other were given.
pub(super) fn exclusive(rules: &Map<String, Json>, given: &Map<String, Json>) -> Option<String> {
    let rules = rules.get("mutually_exclusive")?;
    let lists: Vec<Vec<String>> = match rules.as_array()?.first()? {
        Json::Array(_) => rules.as_array()?.iter().map(names).collect(),
        _ => vec![names(rules)],
    };
    let broken: Vec<String> = lists
        .iter()
        .filter(|list| count(list, given) > 1)
        .map(|list| list.join("|"))
        .collect();
    (!broken.is_empty())
        .then(|| format!("parameters are mutually exclusive: {}", broken.join(", ")))
}

/// A name, or a list of names.
fn names(value: &Json) -> Vec<String> {
    match value {
        Json::Array(list) => list.iter().map(shown).collect(),
        one => vec![shown(one)],
    }
}

fn count(names: &[String], given: &Map<String, Json>) -> usize {
    names
        .iter()
        .filter(|name| given.contains_key(*name))
        .count()
}

fn together(rule: &Json, given: &Map<String, Json>) -> Option<String> {
    let mut lists = rule.as_array()?.iter().map(names);
    let broken = lists.find(|list| ![0, list.len()].contains(&count(list, given)))?;
    Some(format!(
        "parameters are required together: {}",
        broken.join(", ")
    ))
}

fn one_of(rule: &Json, given: &Map<String, Json>) -> Option<String> {
    let mut lists = rule.as_array()?.iter().map(names);
    let broken = lists.find(|list| count(list, given) == 0)?;
    Some(format!(
        "one of the following is required: {}",
        broken.join(", ")
    ))
}

/// Rules of four parts: a name, its value, the names that are required then, and whether one of them is enough.
fn required_if(rule: &Json, given: &Map<String, Json>) -> Option<String> {
    rule.as_array()?
        .iter()
        .filter_map(Json::as_array)
        .find_map(|rule| {
            let [name, value, wanted, ..] = &rule[..] else {
                return None;
            };
            if given.get(&shown(name)) != Some(value) {
                return None;
            }
            let any = rule.get(3) == Some(&Json::Bool(true));
            let wanted = names(wanted);
            let missing: Vec<&str> = wanted
                .iter()
                .filter(|name| !given.contains_key(*name))
                .map(String::as_str)
                .collect();
            let enough = if any {
                missing.len() < wanted.len()
            } else {
                missing.is_empty()
            };
            (!enough).then(|| {
                let how_many = if any { "any" } else { "all" };
                format!(
                    "{} is {} but {how_many} of the following are missing: {}",
                    shown(name),
                    shown(value),
                    missing.join(", ")
                )
            })
        })
}

fn required_by(rule: &Json, given: &Map<String, Json>) -> Option<String> {
    let is_given = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
    rule.as_object()?.iter().find_map(|(name, wanted)| {
        let mut missing = names(wanted);
        missing.retain(|name| !is_given(name));
        (is_given(name) && !missing.is_empty()).then(|| {
            format!(
                "missing parameter(s) required by '{name}': {}",
                missing.join(", ")
            )
        })
    })
}

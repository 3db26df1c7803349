//! Lists of mappings: a few filters of `community.general`.

use super::pattern;
use crate::{
    template::call::{Call, Operation, entries, fail, items, text_of},
    value::{Dict, Value},
};
use minijinja::Error;
use std::collections::HashSet;

const GENERAL: &[&str] = &["community.general"];

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(
        &["keep_keys"],
        &["target", "matching_parameter"],
        |value, call| keys(value, call, true),
    )
    .of(GENERAL),
    Operation::new(
        &["remove_keys"],
        &["target", "matching_parameter"],
        |value, call| keys(value, call, false),
    )
    .of(GENERAL),
    Operation::new(
        &["replace_keys"],
        &["target", "matching_parameter"],
        replace_keys,
    )
    .of(GENERAL),
    Operation::new(&["counter"], &[], counter).of(GENERAL),
    Operation::new(&["groupby_as_dict"], &["attribute"], groupby_as_dict).of(GENERAL),
    Operation::new(&["lists_union"], &["*"], |value, call| {
        lists(value, call, |all| all.into_iter().flatten().collect())
    })
    .of(GENERAL),
    Operation::new(&["lists_intersect"], &["*"], |value, call| {
        lists(value, call, |all| {
            let (first, rest) = all
                .split_first()
                .map_or((Vec::new(), &[][..]), |(first, rest)| (first.clone(), rest));
            first
                .into_iter()
                .filter(|item| rest.iter().all(|list| list.contains(item)))
                .collect()
        })
    })
    .of(GENERAL),
    Operation::new(&["lists_difference"], &["*"], |value, call| {
        lists(value, call, |all| {
            let (first, rest) = all
                .split_first()
                .map_or((Vec::new(), &[][..]), |(first, rest)| (first.clone(), rest));
            first
                .into_iter()
                .filter(|item| !rest.iter().any(|list| list.contains(item)))
                .collect()
        })
    })
    .of(GENERAL),
];

/// Whether a key is one of the targets, in the way that is asked for.
fn matcher(call: &Call<'_>) -> Result<impl Fn(&str) -> bool + use<>, Error> {
    let how = call
        .text("matching_parameter")?
        .unwrap_or_else(|| "equal".to_owned());
    let target = call.need("target")?;
    let targets = match target.as_str() {
        Some(text) => vec![text.to_owned()],
        None => items(&target)?
            .iter()
            .map(text_of)
            .collect::<Result<Vec<_>, _>>()?,
    };
    let regexes = match how.as_str() {
        "regex" => targets
            .iter()
            .map(|target| pattern(target, false, false))
            .collect::<Result<Vec<_>, _>>()?,
        "equal" | "starts_with" | "ends_with" => Vec::new(),
        _ => {
            return Err(fail(
                "matching_parameter is equal, starts_with, ends_with or regex",
            ));
        }
    };
    Ok(move |key: &str| match how.as_str() {
        "starts_with" => targets
            .iter()
            .any(|target| key.starts_with(target.as_str())),
        "ends_with" => targets.iter().any(|target| key.ends_with(target.as_str())),
        "regex" => regexes
            .iter()
            .any(|regex| regex.is_match(key).unwrap_or(false)),
        _ => targets.iter().any(|target| key == target),
    })
}

fn keys(value: &Value, call: &Call<'_>, keep: bool) -> Result<Value, Error> {
    let fits = matcher(call)?;
    let mut out = Vec::new();
    for mapping in items(value)? {
        let kept = entries(&mapping)?
            .into_iter()
            .filter(|(key, _)| fits(key.as_str().unwrap_or_default()) == keep);
        out.push(Value::from_object(kept.collect::<Dict>()));
    }
    Ok(Value::from(out))
}

fn replace_keys(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let mut pairs = Vec::new();
    for pair in items(&call.need("target")?)? {
        pairs.push((
            text_of(&pair.get_attr("before")?)?,
            text_of(&pair.get_attr("after")?)?,
        ));
    }
    let mut out = Vec::new();
    for mapping in items(value)? {
        let renamed = entries(&mapping)?.into_iter().map(|(key, item)| {
            let after = pairs
                .iter()
                .find(|(before, _)| key.as_str() == Some(before));
            (
                after.map_or(key, |(_, after)| Value::from(after.as_str())),
                item,
            )
        });
        out.push(Value::from_object(renamed.collect::<Dict>()));
    }
    Ok(Value::from(out))
}

fn counter(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let mut counts = Dict::new();
    for item in items(value)? {
        let count = counts.get(&item).and_then(Value::as_i64).unwrap_or(0);
        counts.insert(item, Value::from(count + 1));
    }
    Ok(Value::from_object(counts))
}

fn groupby_as_dict(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let attribute = call.need_text("attribute")?;
    let mut groups = Dict::new();
    for item in items(value)? {
        let key = super::each::attribute(&item, &attribute)?;
        if key.is_undefined() {
            return Err(fail(format!("an item has no {attribute:?}")));
        }
        if groups.insert(key.clone(), item).is_some() {
            return Err(fail(format!(
                "{key} is the {attribute:?} of more than one item"
            )));
        }
    }
    Ok(Value::from_object(groups))
}

fn lists(
    value: &Value,
    call: &Call<'_>,
    combine: impl FnOnce(Vec<Vec<Value>>) -> Vec<Value>,
) -> Result<Value, Error> {
    let all = std::iter::once(value)
        .chain(call.positional)
        .map(items)
        .collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    Ok(Value::from(
        combine(all)
            .into_iter()
            .filter(|item| seen.insert(item.clone()))
            .collect::<Vec<_>>(),
    ))
}

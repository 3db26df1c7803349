//! Mappings.

use super::each::attribute;
use crate::{
    template::call::{Call, Operation, entries, fail, is_list, items, name_of},
    value::{Dict, Value, python_repr},
};
use minijinja::{
    Error,
    value::{Tuple, ValueKind},
};

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["combine"], &["*", "recursive", "list_merge"], combine),
    Operation::new(&["dict2items"], &["key_name", "value_name"], dict2items),
    Operation::new(&["items2dict"], &["key_name", "value_name"], items2dict),
    Operation::new(&["items"], &[], pairs).asks(),
    Operation::new(&["extract"], &["container", "morekeys"], extract),
    Operation::new(
        &["rekey_on_member"],
        &["key", "duplicates"],
        rekey_on_member,
    ),
    Operation::new(&["attr"], &["name"], |value, call| {
        attribute(value, &call.need_text("name")?)
    }),
    Operation::new(&["dict"], &[], dict).of(&["community.general"]),
    Operation::new(&["dict_kv"], &["key"], |value, call| {
        Ok(Value::from_pairs([(call.need("key")?, value.clone())]))
    })
    .of(&["community.general"]),
];

fn combine(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let recursive = call.named("recursive").is_some_and(|flag| flag.is_true());
    let lists = call
        .named("list_merge")
        .map_or_else(|| "replace".to_owned(), |how| how.to_string());
    if !matches!(
        lists.as_str(),
        "replace" | "keep" | "append" | "prepend" | "append_rp" | "prepend_rp"
    ) {
        return Err(fail(format!(
            "list_merge is one of replace, keep, append, prepend, append_rp and prepend_rp, not {lists:?}"
        )));
    }
    let mut mappings = Vec::new();
    for given in std::iter::once(value).chain(call.positional) {
        let given = crate::template::call::defined(given.clone())?;
        if is_list(&given) {
            mappings.extend(items(&given)?);
        } else if !given.is_none() {
            mappings.push(given);
        }
    }
    let mut all = mappings.into_iter();
    let Some(mut merged) = all.next() else {
        return Ok(Value::from_object(Dict::new()));
    };
    for above in all {
        merged = merge(&merged, &above, recursive, &lists)?;
    }
    Ok(merged)
}

fn merge(below: &Value, above: &Value, recursive: bool, lists: &str) -> Result<Value, Error> {
    let mut map: Dict = entries(below)?.into_iter().collect();
    for (key, value) in entries(above)? {
        let value = match map.get(&key) {
            Some(known) if known.kind() == ValueKind::Map && value.kind() == ValueKind::Map => {
                if recursive {
                    merge(known, &value, true, lists)?
                } else {
                    value
                }
            }
            Some(known) if is_list(known) && is_list(&value) => {
                merge_lists(items(known)?, items(&value)?, lists)
            }
            _ => value,
        };
        map.insert(key, value);
    }
    Ok(Value::from_object(map))
}

fn merge_lists(below: Vec<Value>, above: Vec<Value>, how: &str) -> Value {
    let absent = |list: Vec<Value>, other: &[Value]| {
        list.into_iter()
            .filter(|item| !other.contains(item))
            .collect()
    };
    let joined = |mut first: Vec<Value>, second: Vec<Value>| {
        first.extend(second);
        first
    };
    Value::from(match how {
        "keep" => below,
        "append" => joined(below, above),
        "prepend" => joined(above, below),
        "append_rp" => joined(absent(below, &above), above),
        "prepend_rp" => {
            let rest = absent(below, &above);
            joined(above, rest)
        }
        _ => above,
    })
}

fn dict2items(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let key_name = call.text("key_name")?.unwrap_or_else(|| "key".to_owned());
    let value_name = call
        .text("value_name")?
        .unwrap_or_else(|| "value".to_owned());
    let pair =
        |(key, value)| Value::from_pairs([(key_name.as_str(), key), (value_name.as_str(), value)]);
    Ok(Value::from(
        entries(value)?.into_iter().map(pair).collect::<Vec<_>>(),
    ))
}

fn items2dict(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let key_name = call.text("key_name")?.unwrap_or_else(|| "key".to_owned());
    let value_name = call
        .text("value_name")?
        .unwrap_or_else(|| "value".to_owned());
    if !is_list(value) {
        return Err(fail(format!("a list is needed, not {}", name_of(value))));
    }
    let mut map = Dict::new();
    for item in items(value)? {
        let (key, value) = (attribute(&item, &key_name)?, attribute(&item, &value_name)?);
        if key.is_undefined() || value.is_undefined() {
            let shown = python_repr(&item);
            return Err(fail(format!(
                "every item needs {key_name:?} and {value_name:?}; this one is {shown}"
            )));
        }
        map.insert(key, value);
    }
    Ok(Value::from_object(map))
}

fn pairs(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    let pair = |(key, value)| Value::from(Tuple::from(vec![key, value]));
    Ok(Value::from(
        entries(value)?.into_iter().map(pair).collect::<Vec<_>>(),
    ))
}

fn extract(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let mut keys = vec![value.clone()];
    match call.value("morekeys")? {
        Some(more) if is_list(&more) => keys.extend(items(&more)?),
        Some(more) if !more.is_none() => keys.push(more),
        _ => {}
    }
    let mut found = call.need("container")?;
    for key in keys {
        if found.is_undefined() {
            break;
        }
        found = crate::template::call::valid(found.get_item(&key)?)?;
    }
    Ok(found)
}

fn rekey_on_member(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let member = call.need_text("key")?;
    let overwrite = match call.text("duplicates")?.as_deref() {
        None | Some("error") => false,
        Some("overwrite") => true,
        Some(other) => {
            return Err(fail(format!(
                "duplicates parameter to rekey_on_member has unknown value {other:?}; it is \"error\" or \"overwrite\""
            )));
        }
    };
    let members = match value.kind() {
        ValueKind::Map => entries(value)?.into_iter().map(|(_, item)| item).collect(),
        _ if is_list(value) => items(value)?,
        _ => {
            return Err(fail(format!(
                "Type is not a valid list, set, or dict, but {}",
                name_of(value)
            )));
        }
    };
    let mut map = Dict::new();
    for item in members {
        if item.kind() != ValueKind::Map {
            let what = name_of(&item);
            return Err(fail(format!("List item is not a valid dict, but {what}")));
        }
        let key = attribute(&item, &member)?;
        if key.is_undefined() {
            return Err(fail(format!(
                "key {member} was not found in {}",
                python_repr(&item)
            )));
        }
        if !overwrite && map.contains_key(&key) {
            return Err(fail(format!(
                "key {} is not unique, cannot convert to dict",
                python_repr(&key)
            )));
        }
        map.insert(key, item);
    }
    Ok(Value::from_object(map))
}

fn dict(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let mut map = Dict::new();
    for pair in items(value)? {
        match &items(&pair)?[..] {
            [key, value] => map.insert(key.clone(), value.clone()),
            other => {
                return Err(fail(format!(
                    "every item has to be a pair, not of {} parts",
                    other.len()
                )));
            }
        };
    }
    Ok(Value::from_object(map))
}

//! Lists and mappings.

use super::Filters;
use crate::value::Dict;
use minijinja::{
    Error, ErrorKind, Value,
    value::{Kwargs, Rest, ValueKind},
};

pub(super) fn register(filters: &mut Filters<'_>) {
    filters.builtin(&["combine"], combine);
    filters.builtin(&["dict2items"], dict2items);
    filters.builtin(&["length", "count"], length);
}

/// The entries of a mapping.
pub(super) fn entries(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    match value
        .as_object()
        .filter(|_| value.kind() == ValueKind::Map)
        .and_then(|object| object.try_iter_pairs())
    {
        Some(pairs) => Ok(pairs.collect()),
        None => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a mapping is needed, not {}", value.kind()),
        )),
    }
}

fn length(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let length = value.len().or_else(|| Some(value.try_iter().ok()?.count()));
    match length {
        Some(length) if !value.is_none() => Ok(Value::from(length)),
        _ => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("{} has no length", value.kind()),
        )),
    }
}

fn combine(first: Value, others: Rest<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let recursive = kwargs.get::<Option<bool>>("recursive")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    let mut merged = first;
    for other in others.0 {
        merged = merge(&merged, &other, recursive)?;
    }
    Ok(merged)
}

fn merge(below: &Value, above: &Value, recursive: bool) -> Result<Value, Error> {
    let mut map: Dict = entries(below)?.into_iter().collect();
    for (key, value) in entries(above)? {
        let value = match map.get(&key) {
            Some(known)
                if recursive
                    && known.kind() == ValueKind::Map
                    && value.kind() == ValueKind::Map =>
            {
                merge(known, &value, true)?
            }
            _ => value,
        };
        map.insert(key, value);
    }
    Ok(Value::from_object(map))
}

fn dict2items(value: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let key_name = kwargs
        .get::<Option<String>>("key_name")?
        .unwrap_or_else(|| "key".to_owned());
    let value_name = kwargs
        .get::<Option<String>>("value_name")?
        .unwrap_or_else(|| "value".to_owned());
    kwargs.assert_all_used()?;
    let pair =
        |(key, value)| Value::from_pairs([(key_name.as_str(), key), (value_name.as_str(), value)]);
    Ok(Value::from(
        entries(value)?.into_iter().map(pair).collect::<Vec<_>>(),
    ))
}

//! Python's methods on values, and lists and mappings that can be changed.

use super::call::{Call, fail, items, text_of};
use crate::value::{Dict, Value};
use minijinja::{
    Error, ErrorKind, State,
    value::{Enumerator, Object, ObjectRepr, Tuple, ValueKind},
};
use std::sync::{Arc, Mutex, PoisonError};

/// Calls a method that a value does not have itself.
pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let known = match value.kind() {
        ValueKind::String => text_method(value.as_str().unwrap_or_default(), name, args)?,
        ValueKind::Seq => list_method(value, name, args)?,
        ValueKind::Map if name == "copy" => Some(value.clone()),
        _ => None,
    };
    match known {
        Some(result) => Ok(result),
        None => minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args),
    }
}

fn text_method(text: &str, name: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let first = args.first().map(text_of).transpose()?;
    let width = || args.first().and_then(Value::as_usize).unwrap_or(0);
    let fill = || {
        Ok::<_, Error>(
            args.get(1)
                .map(text_of)
                .transpose()?
                .and_then(|fill| fill.chars().next())
                .unwrap_or(' '),
        )
    };
    let pad = |count: usize, fill: char| std::iter::repeat_n(fill, count).collect::<String>();
    let missing = width().saturating_sub(text.chars().count());
    let three = |parts: [&str; 3]| Value::from(Tuple::from(parts.map(Value::from)));
    Ok(Some(match (name, first.as_deref()) {
        ("partition", Some(separator)) => match text.split_once(separator) {
            Some((left, right)) => three([left, separator, right]),
            None => three([text, "", ""]),
        },
        ("rpartition", Some(separator)) => match text.rsplit_once(separator) {
            Some((left, right)) => three([left, separator, right]),
            None => three(["", "", text]),
        },
        ("rsplit", separator) => rsplit(text, separator, args.get(1).and_then(Value::as_usize)),
        ("removeprefix", Some(prefix)) => Value::from(text.strip_prefix(prefix).unwrap_or(text)),
        ("removesuffix", Some(suffix)) => Value::from(text.strip_suffix(suffix).unwrap_or(text)),
        ("zfill", _) => {
            let sign = text.len()
                - text
                    .trim_start_matches(['+', '-'])
                    .len()
                    .max(text.len().saturating_sub(1));
            Value::from(format!(
                "{}{}{}",
                &text[..sign],
                pad(missing, '0'),
                &text[sign..]
            ))
        }
        ("ljust", _) => Value::from(format!("{text}{}", pad(missing, fill()?))),
        ("rjust", _) => Value::from(format!("{}{text}", pad(missing, fill()?))),
        ("center", _) => {
            let left = missing / 2 + (missing & width() & 1);
            Value::from(format!(
                "{}{text}{}",
                pad(left, fill()?),
                pad(missing - left, fill()?)
            ))
        }
        ("index", Some(part)) => match text.find(part) {
            Some(at) => Value::from(text[..at].chars().count()),
            None => return Err(fail(format!("{part:?} is not in the text"))),
        },
        ("swapcase", _) => Value::from(
            text.chars()
                .flat_map(|letter| -> Vec<char> {
                    if letter.is_uppercase() {
                        letter.to_lowercase().collect()
                    } else {
                        letter.to_uppercase().collect()
                    }
                })
                .collect::<String>(),
        ),
        ("casefold", _) => Value::from(text.to_lowercase()),
        ("expandtabs", _) => {
            Value::from(text.replace('\t', &" ".repeat(if args.is_empty() { 8 } else { width() })))
        }
        ("encode" | "decode", _) => Value::from(text),
        _ => return Ok(None),
    }))
}

fn rsplit(text: &str, separator: Option<&str>, most: Option<usize>) -> Value {
    let mut parts: Vec<&str> = match (separator, most) {
        (Some(separator), Some(most)) => text.rsplitn(most + 1, separator).collect(),
        (Some(separator), None) => text.rsplit(separator).collect(),
        (None, _) => text.split_whitespace().rev().collect(),
    };
    parts.reverse();
    Value::from(parts.into_iter().map(Value::from).collect::<Vec<_>>())
}

fn list_method(value: &Value, name: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    match (name, args) {
        ("index", [wanted]) => match items(value)?.iter().position(|item| item == wanted) {
            Some(at) => Ok(Some(Value::from(at))),
            None => Err(fail("the item is not in the list")),
        },
        ("copy", []) => Ok(Some(value.clone())),
        ("append" | "extend" | "insert" | "pop" | "remove" | "sort" | "reverse" | "clear", _) => {
            Err(fail(format!(
                "{name}() changes a list, and only lists made in the same template can be changed"
            )))
        }
        _ => Ok(None),
    }
}

/// The filter that makes lists and mappings changeable.
pub(super) const CHANGEABLE: &str = "__changeable";

/// The methods that change what they are called on.
pub(super) const CHANGING: [&str; 12] = [
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "update",
    "__setitem__",
];

/// A list or mapping that can be changed; other values as they are.
pub(super) fn changeable(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    if value.downcast_object_ref::<ListCell>().is_some()
        || value.downcast_object_ref::<MapCell>().is_some()
    {
        return Ok(value.clone());
    }
    Ok(match value.kind() {
        ValueKind::Seq | ValueKind::Iterable if !value.is_tuple() => {
            Value::from_object(ListCell(Mutex::new(items(value)?)))
        }
        ValueKind::Map if value.downcast_object_ref::<Dict>().is_some() => {
            Value::from_object(MapCell(Mutex::new(
                super::call::entries(value)?.into_iter().collect(),
            )))
        }
        _ => value.clone(),
    })
}

/// A list that can be changed.
#[derive(Debug)]
struct ListCell(Mutex<Vec<Value>>);

impl Object for ListCell {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key.as_usize()?)
            .cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        name: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        // what is put in is read first: it may be this list itself
        let added = match (name, args) {
            ("extend", [more]) => items(more)?,
            _ => Vec::new(),
        };
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |index: i64| {
            let index = if index < 0 {
                index + i64::try_from(list.len()).unwrap_or(0)
            } else {
                index
            };
            usize::try_from(index).unwrap_or(0).min(list.len())
        };
        match (name, args) {
            ("append", [item]) => list.push(item.clone()),
            ("extend", [_]) => list.extend(added),
            ("insert", [index, item]) => {
                let at = at(index.as_i64().unwrap_or(0));
                list.insert(at, item.clone());
            }
            ("pop", [] | [_]) => {
                let at = at(args.first().and_then(Value::as_i64).unwrap_or(-1));
                if at >= list.len() {
                    return Err(fail("there is nothing to pop"));
                }
                return Ok(list.remove(at));
            }
            ("remove", [item]) => {
                let at = list
                    .iter()
                    .position(|known| known == item)
                    .ok_or_else(|| fail("the item is not in the list"))?;
                list.remove(at);
            }
            ("reverse", []) => list.reverse(),
            ("sort", []) => list.sort(),
            ("clear", []) => list.clear(),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }
}

/// A mapping that can be changed.
#[derive(Debug)]
struct MapCell(Mutex<Dict>);

impl Object for MapCell {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .keys()
                .cloned()
                .collect(),
        )
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        name: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let call = Call::new(&["other", "**"], args);
        let mut added = call
            .all_named()
            .into_iter()
            .map(|(name, value)| (Value::from(name), value))
            .collect::<Vec<_>>();
        if let ("update", [other]) = (name, call.positional) {
            added.splice(0..0, super::call::entries(other)?);
        }
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (name, call.positional) {
            ("update", _) => map.extend(added),
            ("__setitem__", [key, value]) => drop(map.insert(key.clone(), value.clone())),
            ("setdefault", [key, rest @ ..]) => {
                let default = rest.first().cloned().unwrap_or_else(|| Value::from(()));
                return Ok(map.entry(key.clone()).or_insert(default).clone());
            }
            ("pop", [key, rest @ ..]) => {
                let found = map.shift_remove(key).or_else(|| rest.first().cloned());
                return found.ok_or_else(|| fail(format!("there is no key {key}")));
            }
            ("clear", []) => map.clear(),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }
}

//! Functions that every template can call.

use super::{
    call::{Call, defined, entries, fail, items},
    lookups, moment,
};
use crate::value::{Dict, Value};
use minijinja::{
    Environment, Error, State,
    value::{Object, ObjectRepr, Rest, ValueOrKwargs},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The names of the functions.
pub(crate) const NAMES: [&str; 10] = [
    "lookup",
    "query",
    "q",
    "now",
    "range",
    "dict",
    "namespace",
    "cycler",
    "joiner",
    "undef",
];

/// Adds every function to an environment.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_function(
        "lookup",
        |state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>| {
            lookups::call(state, &given.into_values(), false)
        },
    );
    environment.add_function(
        "query",
        |state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>| {
            lookups::call(state, &given.into_values(), true)
        },
    );
    environment.add_function(
        "q",
        |state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>| {
            lookups::call(state, &given.into_values(), true)
        },
    );
    environment.add_function(
        "now",
        |state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>| {
            moment::now(state, &given.into_values())
        },
    );
    environment.add_function("namespace", minijinja::functions::namespace);
    environment.add_function("range", |given: Rest<ValueOrKwargs>| {
        range(&given.into_values())
    });
    environment.add_function("dict", |given: Rest<ValueOrKwargs>| {
        dict(&given.into_values())
    });
    environment.add_function("undef", |given: Rest<ValueOrKwargs>| {
        undef(&given.into_values())
    });
    environment.add_function("cycler", |given: Rest<ValueOrKwargs>| {
        Value::from_object(Cycler {
            items: given.into_values(),
            at: Mutex::new(0),
        })
    });
    environment.add_function("joiner", |separator: Option<String>| {
        Value::from_object(Joiner {
            separator: separator.unwrap_or_else(|| ", ".to_owned()),
            used: Mutex::new(false),
        })
    });
}

/// As many numbers as a list may have that is made from a range.
const LONGEST_RANGE: i64 = 10_000_000;

fn range(given: &[Value]) -> Result<Value, Error> {
    let number = |value: &Value| {
        value
            .as_i64()
            .ok_or_else(|| fail("a range is of whole numbers"))
    };
    let (start, end, step) = match given {
        [end] => (0, number(end)?, 1),
        [start, end] => (number(start)?, number(end)?, 1),
        [start, end, step] => (number(start)?, number(end)?, number(step)?),
        _ => {
            return Err(fail(
                "a range has an end, or a start and an end, and perhaps a step",
            ));
        }
    };
    if step == 0 || (end - start) / step > LONGEST_RANGE {
        return Err(fail("the range has no end, or too many numbers"));
    }
    let mut all = Vec::new();
    let mut at = start;
    while if step > 0 { at < end } else { at > end } {
        all.push(Value::from(at));
        at += step;
    }
    Ok(Value::from(all))
}

fn dict(given: &[Value]) -> Result<Value, Error> {
    let call = Call::new(&["pairs", "**"], given);
    let mut map = Dict::new();
    if let Some(first) = call.positional.first() {
        let first = defined(first.clone())?;
        if super::call::is_list(&first) {
            for pair in items(&first)? {
                match &items(&pair)?[..] {
                    [key, value] => map.insert(key.clone(), value.clone()),
                    _ => return Err(fail("every item has to be a pair of a key and a value")),
                };
            }
        } else {
            map.extend(entries(&first)?);
        }
    }
    map.extend(
        call.all_named()
            .into_iter()
            .map(|(name, value)| (Value::from(name), value)),
    );
    Ok(Value::from_object(map))
}

/// Something undefined on purpose, for variables that have to be set elsewhere.
fn undef(given: &[Value]) -> Result<Value, Error> {
    let call = Call::new(&["hint"], given);
    call.check()?;
    Ok(Value::UNDEFINED)
}

/// Gives its items in turn.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    at: Mutex<usize>,
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        (key.as_str() == Some("current")).then(|| self.items.get(at).cloned().unwrap_or_default())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        name: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        match name {
            "next" if !self.items.is_empty() => {
                let item = self.items[*at].clone();
                *at = (*at + 1) % self.items.len();
                Ok(item)
            }
            "reset" => {
                *at = 0;
                Ok(Value::from(()))
            }
            _ => Err(fail(format!(
                "a cycler has next() and reset(), not {name}()"
            ))),
        }
    }
}

/// Gives its separator, except the first time.
#[derive(Debug)]
struct Joiner {
    separator: String,
    used: Mutex<bool>,
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        let used = std::mem::replace(
            &mut *self.used.lock().unwrap_or_else(PoisonError::into_inner),
            true,
        );
        Ok(Value::from(if used { self.separator.as_str() } else { "" }))
    }
}

//! From what a template gave to a value that stands on its own.

use crate::value::{Dict, Unknown, Value};
use minijinja::{
    Error, ErrorKind,
    value::{Object, ObjectRepr, ValueKind},
};
use std::{
    fmt,
    sync::{Arc, LazyLock},
};

/// The magic value `omit`: what is this is left out.
#[derive(Debug)]
struct Omit;

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    /// Where it cannot be left out it is seen as in Ansible.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<<Omit>>")
    }
}

/// The magic value `omit`.
pub(crate) fn omit() -> Value {
    static OMIT: LazyLock<Value> = LazyLock::new(|| Value::from_object(Omit));
    OMIT.clone()
}

/// Whether it is the magic value `omit`.
pub(crate) fn is_omit(value: &Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

/// Renders all lazy parts, refuses undefined ones and drops omitted ones.
pub(super) fn finish(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Invalid => Err(invalid(&value)),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::with_capacity(value.len().unwrap_or_default());
            for item in value.try_iter()? {
                if !is_omit(&item) {
                    items.push(finish(item)?);
                }
            }
            Ok(Value::from(items))
        }
        // What is not known of it has to stay so, and what is known is finished.
        ValueKind::Map if Unknown::is_part_of(&value) => Ok(value),
        ValueKind::Map => {
            let mut map = Dict::new();
            let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
            for (key, item) in pairs.into_iter().flatten() {
                if !is_omit(&item) {
                    map.insert(finish(key)?, finish(item)?);
                }
            }
            Ok(Value::from_object(map))
        }
        ValueKind::Plain => match value.downcast_object_ref::<Unknown>() {
            Some(unknown) => Err(unknown.error()),
            None => Ok(value),
        },
        _ => Ok(value),
    }
}

/// The error inside a value that is an error.
pub(super) fn invalid(value: &Value) -> Error {
    // checked iteration is the public way to the error of an invalid value
    let item = Value::from(vec![value.clone()])
        .try_iter()
        .ok()
        .and_then(|items| items.checked().next());
    match item {
        Some(Err(error)) => error,
        _ => Error::from(ErrorKind::InvalidOperation),
    }
}

//! What is in a list, and of what a list is made.

use crate::template::call::{Operation, entries, fail, items, name_of, text_of};
use minijinja::{Error, Value, value::ValueKind};
use std::collections::HashSet;

pub(super) const TESTS: &[Operation] = &[
    Operation::new(&["in"], &["seq"], |value, call| {
        contains(&call.need("seq")?, value)
    }),
    Operation::new(&["contains"], &["value"], |value, call| {
        contains(value, &call.need("value")?)
    }),
    Operation::new(&["subset", "issubset"], &["b"], |value, call| {
        let other: HashSet<Value> = items(&call.need("b")?)?.into_iter().collect();
        Ok(Value::from(
            items(value)?.iter().all(|item| other.contains(item)),
        ))
    }),
    Operation::new(&["superset", "issuperset"], &["b"], |value, call| {
        let own: HashSet<Value> = items(value)?.into_iter().collect();
        Ok(Value::from(
            items(&call.need("b")?)?
                .iter()
                .all(|item| own.contains(item)),
        ))
    }),
    Operation::new(&["any"], &[], |value, _| {
        Ok(Value::from(items(value)?.iter().any(Value::is_true)))
    }),
    Operation::new(&["all"], &[], |value, _| {
        Ok(Value::from(items(value)?.iter().all(Value::is_true)))
    }),
];

fn contains(container: &Value, value: &Value) -> Result<Value, Error> {
    Ok(Value::from(match container.kind() {
        ValueKind::String => text_of(container)?.contains(&text_of(value)?),
        ValueKind::Map => entries(container)?.iter().any(|(key, _)| key == value),
        ValueKind::Seq | ValueKind::Iterable => items(container)?.contains(value),
        _ => return Err(fail(format!("{} contains nothing", name_of(container)))),
    }))
}

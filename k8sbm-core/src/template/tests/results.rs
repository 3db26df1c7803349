//! What a registered result says of its task.

use crate::template::call::{Operation, fail, items, name_of};
use minijinja::{Error, Value, value::ValueKind};

pub(super) const TESTS: &[Operation] = &[
    Operation::new(&["failed", "failure"], &[], |result, _| {
        flag(result, "failed").map(Value::from)
    }),
    Operation::new(&["succeeded", "success", "successful"], &[], |result, _| {
        flag(result, "failed").map(|failed| Value::from(!failed))
    }),
    Operation::new(&["changed", "change"], &[], |result, _| {
        changed(result).map(Value::from)
    }),
    Operation::new(&["skipped", "skip"], &[], |result, _| {
        flag(result, "skipped").map(Value::from)
    }),
    Operation::new(&["unreachable"], &[], |result, _| {
        flag(result, "unreachable").map(Value::from)
    }),
    Operation::new(&["reachable"], &[], |result, _| {
        flag(result, "unreachable").map(|lost| Value::from(!lost))
    }),
    Operation::new(&["started"], &[], |result, _| {
        by_default(result, "started").map(Value::from)
    }),
    Operation::new(&["finished"], &[], |result, _| {
        by_default(result, "finished").map(Value::from)
    }),
    Operation::new(&["timedout"], &[], |result, _| {
        let limit = field(result, "timedout")?;
        Ok(Value::from(
            limit.is_true()
                && limit
                    .get_attr("period")
                    .is_ok_and(|period| period.is_true()),
        ))
    }),
];

fn field(result: &Value, name: &str) -> Result<Value, Error> {
    if result.kind() != ValueKind::Map {
        return Err(fail(format!(
            "a registered result is needed, not {}",
            name_of(result)
        )));
    }
    crate::template::call::valid(result.get_attr(name)?)
}

fn flag(result: &Value, name: &str) -> Result<bool, Error> {
    Ok(field(result, name)?.is_true())
}

/// Tasks that did not run in the background have started and finished.
fn by_default(result: &Value, name: &str) -> Result<bool, Error> {
    let said = field(result, name)?;
    Ok(said.is_undefined() || said.is_true())
}

fn changed(result: &Value) -> Result<bool, Error> {
    let said = field(result, "changed")?;
    if !said.is_undefined() {
        return Ok(said.is_true());
    }
    let results = field(result, "results")?;
    if results.kind() != ValueKind::Seq {
        return Ok(false);
    }
    Ok(items(&results)?.iter().any(|result| {
        result
            .get_attr("changed")
            .is_ok_and(|changed| changed.is_true())
    }))
}

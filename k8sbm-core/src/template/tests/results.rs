//! What a registered result says of its task.

use super::Tests;
use minijinja::{Error, ErrorKind, Value, value::ValueKind};

pub(super) fn register(tests: &mut Tests<'_>) {
    tests.builtin(&["failed", "failure"], failed);
    tests.builtin(&["succeeded", "success", "successful"], |result: &Value| {
        failed(result).map(|failed| !failed)
    });
    tests.builtin(&["changed", "change"], changed);
    tests.builtin(&["skipped", "skip"], |result: &Value| {
        flag(result, "skipped")
    });
    tests.builtin(&["unreachable"], |result: &Value| {
        flag(result, "unreachable")
    });
    tests.builtin(&["reachable"], |result: &Value| {
        flag(result, "unreachable").map(|lost| !lost)
    });
    tests.builtin(&["started"], |result: &Value| flag(result, "started"));
    tests.builtin(&["finished"], |result: &Value| flag(result, "finished"));
    tests.builtin(&["timedout"], |result: &Value| flag(result, "timedout"));
}

fn flag(result: &Value, name: &str) -> Result<bool, Error> {
    match result.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Map => Ok(result.get_attr(name)?.is_true()),
        kind => {
            let words = format!("this test needs a registered result, not {kind}");
            Err(Error::new(ErrorKind::InvalidOperation, words))
        }
    }
}

fn failed(result: &Value) -> Result<bool, Error> {
    flag(result, "failed")
}

fn changed(result: &Value) -> Result<bool, Error> {
    flag(result, "changed")
}

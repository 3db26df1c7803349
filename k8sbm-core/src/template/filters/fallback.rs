//! What may be asked of undefined values: fallbacks, and reaching further into them.

use crate::template::{
    call::{Call, Operation, fail, text_of},
    methods::{CHANGEABLE, changeable},
};
use minijinja::{
    Error, Value,
    value::{Object, ObjectRepr},
};
use std::sync::{Arc, LazyLock};

/// The filter that values pass before they are reached into.
pub(in crate::template) const CHAIN: &str = "__chain";

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&[CHAIN], &[], chain).asks(),
    Operation::new(&[CHANGEABLE], &[], changeable).asks(),
    Operation::new(&["default", "d"], &["default_value", "boolean"], default).asks(),
    Operation::new(&["mandatory"], &["msg"], mandatory).asks(),
    Operation::new(
        &["ternary"],
        &["true_val", "false_val", "none_val"],
        ternary,
    ),
];

/// Has nothing: reaching into it gives undefined again. It lives only between two links.
#[derive(Debug)]
struct Nothing;

impl Object for Nothing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

fn chain(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    static NOTHING: LazyLock<Value> = LazyLock::new(|| Value::from_object(Nothing));
    Ok(if value.is_undefined() {
        NOTHING.clone()
    } else {
        value.clone()
    })
}

fn default(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let falls_back = value.is_undefined() || call.flag("boolean")? && !value.is_true();
    // a fallback may itself be undefined, so it stays as it is
    Ok(if falls_back {
        call.raw("default_value").unwrap_or_else(|| Value::from(""))
    } else {
        value.clone()
    })
}

fn mandatory(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    if !value.is_undefined() {
        return Ok(value.clone());
    }
    let words = call
        .value("msg")?
        .map(|words| text_of(&words))
        .transpose()?;
    Err(fail(words.unwrap_or_else(|| {
        "a mandatory variable is not defined".to_owned()
    })))
}

fn ternary(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let choice = match call.raw("none_val") {
        Some(none) if value.is_none() && !none.is_none() => Some(none),
        _ if value.is_true() => call.raw("true_val"),
        _ => call.raw("false_val"),
    };
    choice.ok_or_else(|| fail("it needs a value for true and one for false"))
}

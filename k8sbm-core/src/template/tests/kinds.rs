//! What kind of value it is.

use crate::template::{
    call::{Call, Operation},
    filters::as_bool,
    lookups,
};
use minijinja::{Error, Value, value::ValueKind};

pub(super) const TESTS: &[Operation] = &[
    Operation::new(&["defined"], &[], |value, _| {
        Ok(Value::from(!value.is_undefined()))
    })
    .asks(),
    Operation::new(&["undefined"], &[], |value, _| {
        Ok(Value::from(value.is_undefined()))
    })
    .asks(),
    Operation::new(&["none"], &[], |value, _| Ok(Value::from(value.is_none()))),
    Operation::new(&["boolean"], &[], |value, _| {
        Ok(Value::from(value.kind() == ValueKind::Bool))
    }),
    Operation::new(&["true"], &[], |value, _| {
        Ok(Value::from(
            value.kind() == ValueKind::Bool && value.is_true(),
        ))
    }),
    Operation::new(&["false"], &[], |value, _| {
        Ok(Value::from(
            value.kind() == ValueKind::Bool && !value.is_true(),
        ))
    }),
    Operation::new(&["string"], &[], |value, _| {
        Ok(Value::from(value.kind() == ValueKind::String))
    }),
    // in Python, booleans are numbers too
    Operation::new(&["number"], &[], |value, _| {
        Ok(Value::from(matches!(
            value.kind(),
            ValueKind::Number | ValueKind::Bool
        )))
    }),
    Operation::new(&["integer"], &[], |value, _| {
        Ok(Value::from(value.is_integer()))
    }),
    Operation::new(&["float"], &[], |value, _| {
        Ok(Value::from(
            value.kind() == ValueKind::Number && !value.is_integer(),
        ))
    }),
    Operation::new(&["mapping"], &[], |value, _| {
        Ok(Value::from(value.kind() == ValueKind::Map))
    }),
    Operation::new(&["sequence"], &[], |value, _| {
        Ok(Value::from(matches!(
            value.kind(),
            ValueKind::Seq | ValueKind::String | ValueKind::Map | ValueKind::Iterable
        )))
    }),
    Operation::new(&["iterable"], &[], |value, _| {
        Ok(Value::from(matches!(
            value.kind(),
            ValueKind::Seq | ValueKind::String | ValueKind::Map | ValueKind::Iterable
        )))
    }),
    Operation::new(&["callable"], &[], |value, _| {
        Ok(Value::from(value.kind() == ValueKind::Plain))
    }),
    Operation::new(&["truthy"], &["convert_bool"], |value, call| {
        truthy(value, call).map(Value::from)
    }),
    Operation::new(&["falsy"], &["convert_bool"], |value, call| {
        truthy(value, call).map(|truth| Value::from(!truth))
    }),
    Operation::new(&["filter"], &[], |value, _| {
        Ok(Value::from(known(value, true)))
    }),
    Operation::new(&["test"], &[], |value, _| {
        Ok(Value::from(known(value, false)))
    }),
    Operation::new(&["escaped"], &[], |value, _| {
        Ok(Value::from(value.is_safe()))
    }),
    Operation::stateful(&["vault_encrypted"], &[], |value, _, state| {
        let Some(text) = value.as_str() else {
            return Ok(Value::from(false));
        };
        let sealed = text.starts_with("$ANSIBLE_VAULT;");
        Ok(Value::from(
            sealed || lookups::engine(state)?.was_sealed(text),
        ))
    }),
];

fn truthy(value: &Value, call: &Call<'_>) -> Result<bool, Error> {
    let converted = if call.flag("convert_bool")? {
        as_bool(value)
    } else {
        None
    };
    Ok(converted.unwrap_or_else(|| value.is_true()))
}

fn known(name: &Value, filter: bool) -> bool {
    let name = name.as_str().unwrap_or_default();
    let bare = name.strip_prefix("ansible.builtin.").unwrap_or(name);
    if filter {
        crate::template::filters::all().any(|filter| filter.names.contains(&bare))
    } else {
        super::all().any(|test| test.names.contains(&bare))
    }
}

//! JSON, as Python's `json` writes it.

use crate::{
    template::{
        call::{Call, Operation, fail, text_of},
        finish::finish,
    },
    value::{JsonStyle, Value, from_json, json_text},
};
use minijinja::Error;

const OPTIONS: &[&str] = &[
    "indent",
    "sort_keys",
    "ensure_ascii",
    "separators",
    "default",
    "profile",
    "vault_to_text",
    "preprocess_unsafe",
];

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["to_json", "tojson"], OPTIONS, |value, call| {
        write(value, call, JsonStyle::default())
    }),
    Operation::new(&["to_nice_json"], OPTIONS, |value, call| {
        write(
            value,
            call,
            JsonStyle {
                indent: Some("    ".into()),
                sort_keys: true,
                ..JsonStyle::default()
            },
        )
    }),
    Operation::new(&["from_json"], &["profile"], from),
];

fn write(value: &Value, call: &Call<'_>, mut style: JsonStyle) -> Result<Value, Error> {
    match call.value("indent")? {
        Some(indent) if indent.as_str().is_some() => style.indent = Some(text_of(&indent)?),
        Some(indent) if indent.is_none() => style.indent = None,
        Some(indent) => style.indent = Some(" ".repeat(indent.as_usize().unwrap_or(0))),
        None => {}
    }
    if let Some(sort) = call.value("sort_keys")? {
        style.sort_keys = sort.is_true();
    }
    if let Some(ascii) = call.value("ensure_ascii")? {
        style.ensure_ascii = ascii.is_true();
    }
    if style.indent.is_some() {
        style.comma = ",".into();
    }
    if let Some(separators) = call
        .value("separators")?
        .filter(|separators| !separators.is_none())
    {
        style.comma = text_of(&separators.get_item_by_index(0)?)?;
        style.colon = text_of(&separators.get_item_by_index(1)?)?;
    }
    json_text(&finish(value.clone())?, &style)
        .map(Value::from)
        .map_err(fail)
}

fn from(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let parsed = serde_json::from_str(&text_of(value)?);
    parsed
        .map(from_json)
        .map_err(|error| fail(format!("the text is not JSON: {error}")))
}

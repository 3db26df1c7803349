//! From one type to another.

use crate::template::call::{Call, Operation, class_of, fail, items, text_of};
use minijinja::{Error, Value, value::ValueKind};

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["bool"], &[], bool),
    Operation::new(&["int"], &["default", "base"], int),
    Operation::new(&["float"], &["default"], float),
    Operation::new(&["string"], &[], string),
    Operation::new(&["list"], &[], |value, _| Ok(Value::from(items(value)?))),
    Operation::new(&["type_debug"], &[], type_debug).asks(),
];

/// The words Ansible reads as true and false.
pub(in crate::template) fn as_bool(value: &Value) -> Option<bool> {
    match value.kind() {
        ValueKind::Bool => Some(value.is_true()),
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(1.0) => Some(true),
            Ok(0.0) => Some(false),
            _ => None,
        },
        ValueKind::String => match value.as_str()?.to_lowercase().trim() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The filter knows fewer words than module arguments do; everything else is false.
fn bool(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let truth = match value.kind() {
        ValueKind::String => matches!(
            value.as_str().unwrap_or_default().to_lowercase().as_str(),
            "yes" | "on" | "true" | "1"
        ),
        _ => as_bool(value).unwrap_or(false),
    };
    Ok(Value::from(truth))
}

fn int(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let default = call.value("default")?.unwrap_or_else(|| Value::from(0));
    let base = call.whole("base")?.unwrap_or(10);
    let base = u32::try_from(base)
        .ok()
        .filter(|base| (2..=36).contains(base))
        .ok_or_else(|| fail("base has to be 2 to 36"))?;
    Ok(match value.kind() {
        ValueKind::Bool => Value::from(i64::from(value.is_true())),
        ValueKind::Number if value.is_integer() => value.clone(),
        ValueKind::Number => f64::try_from(value.clone()).map_or(default, truncated),
        ValueKind::String => parse_int(value.as_str().unwrap_or_default(), base).unwrap_or(default),
        _ => default,
    })
}

/// The whole part of a number.
pub(super) fn truncated(number: f64) -> Value {
    // Python's int() drops the fraction
    whole(number.trunc() as i128)
}

/// A whole number in the smallest form.
pub(super) fn whole(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}

fn parse_int(text: &str, base: u32) -> Option<Value> {
    let text = text.trim().replace('_', "").to_lowercase();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefix = match base {
        16 => "0x",
        8 => "0o",
        2 => "0b",
        _ => "",
    };
    let digits = digits.strip_prefix(prefix).unwrap_or(digits);
    match i128::from_str_radix(digits, base) {
        Ok(number) if !digits.starts_with(['+', '-']) => Some(whole(sign * number)),
        _ => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(truncated),
    }
}

fn float(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let default = call.value("default")?.unwrap_or_else(|| Value::from(0.0));
    Ok(match value.kind() {
        ValueKind::Bool => Value::from(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).map_or(default, Value::from),
        ValueKind::String => value
            .as_str()
            .unwrap_or_default()
            .trim()
            .replace('_', "")
            .parse()
            .map_or(default, |number: f64| number.into()),
        _ => default,
    })
}

fn string(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    if value.as_str().is_some() {
        Ok(value.clone())
    } else {
        text_of(value).map(Value::from)
    }
}

fn type_debug(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    Ok(Value::from(class_of(value)))
}

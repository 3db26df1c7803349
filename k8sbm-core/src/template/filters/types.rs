//! From one type to another.

use super::Filters;
use crate::{template::finish::finish, value::python_str};
use minijinja::{
    Error, ErrorKind, Value,
    value::{Kwargs, ValueKind},
};

pub(super) fn register(filters: &mut Filters<'_>) {
    filters.builtin(&["bool"], bool);
    filters.builtin(&["int"], int);
    filters.builtin(&["float"], float);
    filters.builtin(&["string"], string);
    filters.builtin(&["ternary"], ternary);
    filters.builtin(&["type_debug"], type_debug);
}

/// The words Ansible reads as true and false.
pub(in crate::template) fn as_bool(value: &Value) -> Option<bool> {
    match value.kind() {
        ValueKind::Bool => Some(value.is_true()),
        ValueKind::Number => [0.0, 1.0]
            .iter()
            .position(|n| f64::try_from(value.clone()).is_ok_and(|v| v == *n))
            .map(|n| n == 1),
        ValueKind::String => match value.as_str()?.to_lowercase().trim() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn bool(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_none() {
        return Ok(Value::from(false));
    }
    Ok(Value::from(as_bool(value).unwrap_or(false)))
}

fn int(
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let default = kwargs
        .get::<Option<Value>>("default")?
        .or(default)
        .unwrap_or_else(|| Value::from(0));
    let base = kwargs.get::<Option<u32>>("base")?.or(base).unwrap_or(10);
    kwargs.assert_all_used()?;
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Bool => Ok(Value::from(i64::from(value.is_true()))),
        ValueKind::Number if value.is_integer() => Ok(value.clone()),
        ValueKind::Number => Ok(f64::try_from(value.clone()).map_or(default, truncated)),
        ValueKind::String => {
            Ok(parse_int(value.as_str().unwrap_or_default(), base).unwrap_or(default))
        }
        _ => Ok(default),
    }
}

fn truncated(number: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Python's int() drops the fraction"
    )]
    Value::from(number.trunc() as i128)
}

fn parse_int(text: &str, base: u32) -> Option<Value> {
    let text = text.trim().replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let lower = digits.to_lowercase();
    let digits = match base {
        16 => lower.strip_prefix("0x").unwrap_or(&lower),
        8 => lower.strip_prefix("0o").unwrap_or(&lower),
        2 => lower.strip_prefix("0b").unwrap_or(&lower),
        _ => &lower,
    };
    if let Ok(whole) = i128::from_str_radix(digits, base) {
        return Some(
            i64::try_from(sign * whole).map_or_else(|_| Value::from(sign * whole), Value::from),
        );
    }
    (base == 10)
        .then(|| text.parse().ok().map(truncated))
        .flatten()
}

fn float(value: &Value, default: Option<f64>, kwargs: Kwargs) -> Result<Value, Error> {
    let default = kwargs
        .get::<Option<f64>>("default")?
        .or(default)
        .unwrap_or(0.0);
    kwargs.assert_all_used()?;
    Ok(match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Bool => Value::from(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => {
            f64::try_from(value.clone()).map_or_else(|_| Value::from(default), Value::from)
        }
        ValueKind::String => value
            .as_str()
            .unwrap_or_default()
            .trim()
            .parse()
            .map_or(default, |n: f64| n)
            .into(),
        _ => Value::from(default),
    })
}

fn string(value: &Value) -> Result<Value, Error> {
    if value.as_str().is_some() {
        return Ok(value.clone());
    }
    Ok(Value::from(python_str(&finish(value.clone())?)))
}

fn ternary(value: &Value, yes: Value, no: Value, none: Option<Value>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(match none {
        Some(none) if value.is_none() => none,
        _ if value.is_true() => yes,
        _ => no,
    })
}

fn type_debug(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "AnsibleUndefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq if value.is_tuple() => "tuple",
        ValueKind::Seq => "list",
        ValueKind::Map => "dict",
        ValueKind::Iterable => "generator",
        _ => "object",
    }
}

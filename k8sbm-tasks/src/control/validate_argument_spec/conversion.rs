//! Values as the types of Ansible's arguments: what converts, and why something does not.

use k8sbm_core::{
    node::{Source, load_one},
    value::{from_json, python_repr, python_str},
};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

const TRUE: &[&str] = &["y", "yes", "on", "1", "true", "t", "1.0"];
const FALSE: &[&str] = &["n", "no", "off", "0", "false", "f", "0.0"];

/// A value as `str()` of Python shows it.
pub(super) fn shown(value: &Json) -> String {
    python_str(&from_json(value.clone()))
}

/// The name of a value's type in Python.
pub(super) fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// Whether a text is one of Python's words for this truth.
pub(super) fn means(value: &Json, truth: bool) -> bool {
    let words = if truth { TRUE } else { FALSE };
    words.contains(&&*shown(value).trim().to_lowercase())
}

/// A value as another type; `str` where none is named.
///
/// # Errors
/// Why it cannot be.
pub(super) fn convert(value: &Json, wanted: &str) -> Result<Json, String> {
    let class = format!("<class '{}'>", type_name(value));
    match (wanted, value) {
        ("raw", _) => Ok(value.clone()),
        ("str" | "path", Json::String(_)) => Ok(value.clone()),
        ("str" | "path", Json::Null) => Ok(json!("")),
        ("str" | "path", _) => Ok(shown(value).into()),
        ("list", Json::Array(_)) => Ok(value.clone()),
        ("list", Json::String(text)) => Ok(text.split(',').collect()),
        ("list", Json::Number(_) | Json::Bool(_)) => Ok(json!([shown(value)])),
        ("dict", Json::Object(_)) => Ok(value.clone()),
        ("dict", Json::String(text)) => dictionary(text).map(Json::Object),
        ("bool", Json::Bool(_)) => Ok(value.clone()),
        ("bool", Json::String(_) | Json::Number(_)) => {
            match (means(value, true), means(value, false)) {
                (true, _) => Ok(true.into()),
                (_, true) => Ok(false.into()),
                _ => Err(format!(
                    "The value '{}' is not a valid boolean.",
                    shown(value)
                )),
            }
        }
        ("int", Json::Bool(_)) => Ok(value.clone()),
        ("int", _) => whole(value).map(Json::from).ok_or_else(|| {
            format!(
                "\"{}\" cannot be converted to an int",
                python_repr(&from_json(value.clone()))
            )
        }),
        ("float", Json::Bool(truth)) => Ok(f64::from(u8::from(*truth)).into()),
        ("float", Json::Number(_) | Json::String(_)) => {
            let number = shown(value).trim().parse::<f64>();
            number
                .map(Json::from)
                .map_err(|_| format!("{class} cannot be converted to a float"))
        }
        ("json" | "jsonarg", Json::String(text)) => Ok(text.trim().into()),
        ("json" | "jsonarg", Json::Array(_) | Json::Object(_)) => Ok(value.to_string().into()),
        ("json" | "jsonarg", _) => Err(format!("{class} cannot be converted to a json string")),
        ("bytes", _) => amount(&shown(value), 'B')
            .ok_or_else(|| format!("{class} cannot be converted to a Byte value")),
        ("bits", _) => amount(&shown(value), 'b')
            .ok_or_else(|| format!("{class} cannot be converted to a Bit value")),
        ("list" | "dict" | "bool" | "float", _) => {
            Err(format!("{class} cannot be converted to a {wanted}"))
        }
        _ => Err(format!("there is no type `{wanted}`")),
    }
}

fn whole(value: &Json) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let text = shown(value);
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    })
}

/// A dictionary out of a text: JSON, or `key=value` pairs with blanks or commas between them.
fn dictionary(text: &str) -> Result<Map<String, Json>, String> {
    if text.starts_with('{') {
        let source = Source {
            name: "a text".into(),
            text: text.into(),
        };
        let read = load_one(&Arc::new(source)).map(|node| node.to_json());
        return match read {
            Ok(Json::Object(read)) => Ok(read),
            _ => Err("unable to evaluate string as dictionary".into()),
        };
    }
    if !text.contains('=') {
        return Err("dictionary requested, could not parse JSON or key=value".into());
    }
    let (mut fields, mut field, mut quote, mut escaped) = (Vec::new(), String::new(), None, false);
    for letter in text.trim().chars() {
        match letter {
            _ if escaped => {
                field.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '\'' | '"' if quote.is_none() => quote = Some(letter),
            _ if quote == Some(letter) => quote = None,
            ',' | ' ' if quote.is_none() => fields.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    fields.push(field);
    let pair = |field: &String| {
        let (key, value) = field.split_once('=')?;
        Some((key.to_owned(), value.into()))
    };
    let pairs: Option<Map<String, Json>> = fields
        .iter()
        .filter(|it| !it.is_empty())
        .map(pair)
        .collect();
    pairs
        .ok_or_else(|| "unable to evaluate string in the \"key=value\" format as dictionary".into())
}

/// An amount such as `2M`, `10 KB` or `1Mb`, in units of 1024; `unit` is the letter of one.
fn amount(text: &str, unit: char) -> Option<Json> {
    let text = text.trim();
    let end = text
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let rest = rest.trim();
    let rest = rest.strip_suffix(unit).unwrap_or(rest);
    let power = match rest.to_uppercase().as_str() {
        "" => 0,
        letter => {
            1 + ["K", "M", "G", "T", "P", "E", "Z", "Y"]
                .iter()
                .position(|it| *it == letter)?
        }
    };
    Some(json!(
        (number * 1024_f64.powi(i32::try_from(power).ok()?)).round() as u64
    ))
}

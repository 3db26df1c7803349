//! Values as Python prints them, since templates write them into files.

use super::Value;
use minijinja::value::ValueKind;
use std::fmt::Write as _;

/// What `str(value)` gives in Python.
pub fn python_str(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => python_repr(value),
    }
}

/// What `repr(value)` gives in Python.
pub fn python_repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(&mut out, value);
    out
}

fn write_repr(out: &mut String, value: &Value) {
    match value.kind() {
        ValueKind::String => write_text(out, value.as_str().unwrap_or_default()),
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(number) => out.push_str(&python_float(number)),
            Err(_) => out.push_str(&value.to_string()),
        },
        // Ansible hands tuples on as lists
        ValueKind::Seq | ValueKind::Iterable
            if value.len().is_some() || value.kind() == ValueKind::Seq =>
        {
            out.push('[');
            for (index, item) in value.try_iter().into_iter().flatten().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_repr(out, &item);
            }
            out.push(']');
        }
        ValueKind::Map => write_map(out, value),
        _ => out.push_str(&value.to_string()),
    }
}

fn write_map(out: &mut String, value: &Value) {
    out.push('{');
    let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
    for (index, (key, item)) in pairs.into_iter().flatten().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        write_repr(out, &key);
        out.push_str(": ");
        write_repr(out, &item);
    }
    out.push('}');
}

fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if letter == quote => out.extend(['\\', letter]),
            _ if (letter as u32) < 0x20
                || ('\u{7f}'..='\u{a0}').contains(&letter)
                || letter == '\u{ad}' =>
            {
                let _ = write!(out, "\\x{:02x}", letter as u32);
            }
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200b}'..='\u{200f}' => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            _ => out.push(letter),
        }
    }
    out.push(quote);
}

/// What `repr(number)` gives in Python: the shortest digits that read back the same.
pub fn python_float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = number.to_string();
    if plain.contains('.') {
        plain
    } else {
        plain + ".0"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::from_json;
    use serde_json::json;

    #[test]
    fn containers_print_as_in_python() {
        let value = from_json(
            json!({"k": [1, "it's", "a\"'b", null, true, 1.5, "a\\b\n\u{7f}é"], "e": {}}),
        );
        insta::assert_snapshot!(
            python_str(&value),
            @r#"{'k': [1, "it's", 'a"\'b', None, True, 1.5, 'a\\b\n\x7fé'], 'e': {}}"#
        );
    }

    #[test]
    fn floats_print_as_in_python() {
        let printed =
            [1.0, 1e15, 1e16, 1e20, 1.5e-5, 0.0001, -0.0, 123456789.125].map(python_float);
        insta::assert_snapshot!(
            printed.join(" "),
            @"1.0 1000000000000000.0 1e+16 1e+20 1.5e-05 0.0001 -0.0 123456789.125"
        );
    }
}

//! JSON text as Python's `json.dumps` writes it, byte for byte.

use super::{Value, python_float, python_str};
use minijinja::value::ValueKind;
use std::fmt::Write as _;

/// How JSON is laid out.
#[derive(Clone, Debug)]
pub struct JsonStyle {
    /// What a level is indented with; without it, everything stands on one line.
    pub indent: Option<String>,
    /// Whether keys are sorted.
    pub sort_keys: bool,
    /// Whether letters beyond ASCII are escaped.
    pub ensure_ascii: bool,
    /// What stands between items.
    pub comma: String,
    /// What stands between a key and its value.
    pub colon: String,
}

impl Default for JsonStyle {
    fn default() -> Self {
        Self {
            indent: None,
            sort_keys: false,
            ensure_ascii: true,
            comma: ", ".into(),
            colon: ": ".into(),
        }
    }
}

/// Writes a value as JSON.
///
/// # Errors
/// Says what it is that JSON cannot hold.
pub fn json_text(value: &Value, style: &JsonStyle) -> Result<String, String> {
    let mut out = String::new();
    write(&mut out, value, style, 0)?;
    Ok(out)
}

fn write(out: &mut String, value: &Value, style: &JsonStyle, level: usize) -> Result<(), String> {
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::String => quote(out, value.as_str().unwrap_or_default(), style.ensure_ascii),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter().into_iter().flatten().collect();
            block(out, ['[', ']'], items.len(), style, level, |out, index| {
                write(out, &items[index], style, level + 1)
            })?;
        }
        ValueKind::Map => {
            let mut pairs = pairs(value);
            if style.sort_keys {
                pairs.sort_by(|left, right| left.0.cmp(&right.0));
            }
            block(out, ['{', '}'], pairs.len(), style, level, |out, index| {
                let (key, item) = &pairs[index];
                quote(out, key, style.ensure_ascii);
                out.push_str(&style.colon);
                write(out, item, style, level + 1)
            })?;
        }
        kind => return Err(format!("JSON cannot hold a value of the kind {kind}")),
    }
    Ok(())
}

fn pairs(value: &Value) -> Vec<(String, Value)> {
    let pairs = value
        .as_object()
        .and_then(|object| object.try_iter_pairs())
        .into_iter()
        .flatten();
    pairs
        .map(|(key, item)| {
            let name = match key.kind() {
                ValueKind::None => "null".to_owned(),
                ValueKind::Bool => key.is_true().to_string(),
                ValueKind::Number => number(&key),
                _ => python_str(&key),
            };
            (name, item)
        })
        .collect()
}

fn number(value: &Value) -> String {
    if value.is_integer() {
        return value.to_string();
    }
    match f64::try_from(value.clone()) {
        Ok(number) if number.is_nan() => "NaN".to_owned(),
        Ok(number) if number.is_infinite() => if number < 0.0 {
            "-Infinity"
        } else {
            "Infinity"
        }
        .to_owned(),
        Ok(number) => python_float(number),
        Err(_) => value.to_string(),
    }
}

/// Writes brackets around items, each on its line if there is an indentation.
fn block(
    out: &mut String,
    brackets: [char; 2],
    count: usize,
    style: &JsonStyle,
    level: usize,
    mut item: impl FnMut(&mut String, usize) -> Result<(), String>,
) -> Result<(), String> {
    out.push(brackets[0]);
    let line = |out: &mut String, level: usize| {
        if let Some(indent) = &style.indent {
            out.push('\n');
            out.push_str(&indent.repeat(level));
        }
    };
    for index in 0..count {
        out.push_str(if index > 0 { &style.comma } else { "" });
        line(out, level + 1);
        item(out, index)?;
    }
    if count > 0 {
        line(out, level);
    }
    out.push(brackets[1]);
    Ok(())
}

fn quote(out: &mut String, text: &str, ensure_ascii: bool) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            _ if letter < ' ' || ensure_ascii && letter > '~' => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::from_json;
    use serde_json::json;

    #[test]
    fn json_is_written_as_python_writes_it() {
        let value = from_json(
            json!({"b": [1, 1.0, 1e20, null, true], "a": {"é": "x\n\u{1}😀\u{7f}"}, "e": [], "m": {}}),
        );
        insta::assert_snapshot!(json_text(&value, &JsonStyle::default()).unwrap(), @r#"{"b": [1, 1.0, 1e+20, null, true], "a": {"\u00e9": "x\n\u0001\ud83d\ude00\u007f"}, "e": [], "m": {}}"#);
        let nice = JsonStyle {
            indent: Some("    ".into()),
            sort_keys: true,
            comma: ",".into(),
            ..JsonStyle::default()
        };
        insta::assert_snapshot!(json_text(&value, &nice).unwrap(), @r#"
            {
                "a": {
                    "\u00e9": "x\n\u0001\ud83d\ude00\u007f"
                },
                "b": [
                    1,
                    1.0,
                    1e+20,
                    null,
                    true
                ],
                "e": [],
                "m": {}
            }
            "#);
    }
}

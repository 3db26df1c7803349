//! JSON as Python's `json.dumps` writes it, so that the same content has the same checksum.

use serde::Serialize;
use serde_json::{Value as Json, ser::Formatter};
use std::io::{Result, Write};

/// A value as text on one line: a space behind `,` and `:`, everything beyond ASCII escaped.
pub(crate) fn json_text(value: &Json) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Spaced);
    // Writing to memory does not fail, and a value has no keys that are not text.
    let _ = value.serialize(&mut serializer);
    String::from_utf8_lossy(&text).into_owned()
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> Result<()> {
        separate(to, first)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> Result<()> {
        separate(to, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> Result<()> {
        to.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, to: &mut W, text: &str) -> Result<()> {
        for letter in text.chars() {
            if letter.is_ascii() {
                write!(to, "{letter}")?;
            } else {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

fn separate<W: ?Sized + Write>(to: &mut W, first: bool) -> Result<()> {
    if first { Ok(()) } else { to.write_all(b", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_spaced_and_ascii() {
        let value = json!({"a": [1, 2.5, null, true], "ü": {"q": "\"\n𝄞"}, "e": {}, "l": []});
        insta::assert_snapshot!(json_text(&value), @r#"{"a": [1, 2.5, null, true], "\u00fc": {"q": "\"\n\ud834\udd1e"}, "e": {}, "l": []}"#);
    }
}

//! Finds a part of a YAML string in the file it was read from.

use crate::node::Span;
use std::ops::Range;

/// The place of the bytes `range` of `text`, which was read from `span`.
///
/// Quotes, escapes, indentation and folded lines are stepped over; if the text cannot be
/// followed, the whole string is the place.
pub(super) fn within(span: &Span, text: &str, range: Range<usize>) -> Span {
    let raw = span.text();
    if let Some(start) = raw.find(text).filter(|_| !text.is_empty()) {
        return span.slice(start + range.start..start + range.end.max(range.start + 1));
    }
    follow(raw, text)
        .and_then(|offsets| Some(*offsets.get(range.start)?..*offsets.get(range.end)?))
        .filter(|found| found.start < found.end)
        .map_or_else(|| span.clone(), |found| span.slice(found))
}

/// For each byte of `text` (and its end) the offset in `raw`.
fn follow(raw: &str, text: &str) -> Option<Vec<usize>> {
    let letters: Vec<(usize, char)> = raw.char_indices().collect();
    let mut at = match letters.first()?.1 {
        '"' | '\'' => 1,
        '|' | '>' => letters.iter().position(|(_, letter)| *letter == '\n')? + 1,
        _ => 0,
    };
    let mut offsets = Vec::with_capacity(text.len() + 1);
    for letter in text.chars() {
        loop {
            let (offset, raw_letter) = match letters.get(at) {
                Some(found) => *found,
                // the line end that YAML adds at the end of a block
                None if letter == '\n' => break offsets.push(raw.len()),
                None => return None,
            };
            let escaped = raw_letter == '\\'
                && letters
                    .get(at + 1)
                    .is_some_and(|next| unescape(next.1) == letter);
            let folded = letter == ' ' && raw_letter == '\n';
            if raw_letter == letter || escaped || folded {
                offsets.extend(std::iter::repeat_n(offset, letter.len_utf8()));
                at += if escaped && raw_letter != letter {
                    2
                } else {
                    1
                };
                break;
            }
            if !matches!(raw_letter, ' ' | '\n' | '\r' | '\t' | '\\' | '\'') {
                return None;
            }
            at += 1;
        }
    }
    offsets.push(letters.get(at).map_or(raw.len(), |(offset, _)| *offset));
    Some(offsets)
}

fn unescape(letter: char) -> char {
    match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Source;
    use std::sync::Arc;

    fn found(raw: &str, text: &str, word: &str) -> String {
        let source = Arc::new(Source {
            name: "f".into(),
            text: raw.into(),
        });
        let at = text.find(word).unwrap();
        within(&Span::new(&source, 0..raw.len()), text, at..at + word.len())
            .text()
            .to_owned()
    }

    #[test]
    fn parts_are_found_in_every_kind_of_scalar() {
        let text = "a\n{{ nope }}\n";
        assert_eq!(found("|\n  a\n  {{ nope }}\n", text, "nope"), "nope");
        assert_eq!(found("\"a\\n{{ nope }}\\n\"", text, "nope"), "nope");
        assert_eq!(found("a {{ nope }}", "a {{ nope }}", "nope"), "nope");
        assert_eq!(
            found(">-\n  a\n  {{ nope }}\n", "a {{ nope }}", "nope"),
            "nope"
        );
        assert_eq!(
            found("'it''s {{ nope }}'", "it's {{ nope }}", "nope"),
            "nope"
        );
        assert_eq!(
            found("\"\\u0041 {{ nope }}\"", "A {{ nope }}", "nope"),
            "\"\\u0041 {{ nope }}\""
        );
    }
}

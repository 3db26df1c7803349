//! Writes lists and mappings, and keeps count of columns.

use super::{
    Flow, YamlStyle,
    scalar::{Analysis, Quotes, is_break},
};
use crate::value::{Value, python_float, python_str};
use minijinja::value::ValueKind;
use std::cmp::Ordering;

/// How long a key may be that stands before its value on the same line.
const LONGEST_KEY: usize = 128;

/// Text in the making.
pub(super) struct Writer<'s> {
    style: &'s YamlStyle,
    out: String,
    column: usize,
    indents: Vec<Option<usize>>,
    indent: Option<usize>,
    in_flow: usize,
    /// Whether the last letter was white space, as far as indicators care.
    whitespace: bool,
    /// Whether nothing but indentation and dashes stands on the line.
    indention: bool,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Key,
    /// A value after its key.
    Entry,
}

impl<'s> Writer<'s> {
    pub fn new(style: &'s YamlStyle) -> Self {
        Self {
            style,
            out: String::new(),
            column: 0,
            indents: Vec::new(),
            indent: None,
            in_flow: 0,
            whitespace: true,
            indention: true,
        }
    }

    /// Writes a value as the whole document.
    pub fn document(&mut self, value: &Value) {
        if self.style.explicit_start {
            self.indicator("---", true, false, false);
        }
        self.value(value, Place::Root);
        self.new_line();
        if self.style.explicit_end {
            self.out.push_str("...\n");
        }
    }

    /// The text.
    pub fn finish(self) -> String {
        self.out
    }

    fn value(&mut self, value: &Value, place: Place) {
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter().into_iter().flatten().collect();
                if self.in_flow > 0 || items.is_empty() || self.flows(items.iter()) {
                    self.flow_list(&items);
                } else {
                    self.block_list(&items, place);
                }
            }
            ValueKind::Map => {
                let pairs = self.pairs(value);
                if self.in_flow > 0
                    || pairs.is_empty()
                    || self.flows(pairs.iter().flat_map(|(key, item)| [key, item]))
                {
                    self.flow_map(&pairs);
                } else {
                    self.block_map(&pairs);
                }
            }
            _ => self.scalar(value, place),
        }
    }

    fn flows<'v>(&self, mut parts: impl Iterator<Item = &'v Value>) -> bool {
        match self.style.flow {
            Flow::Always => true,
            Flow::Never => false,
            Flow::Leaves => parts.all(|part| !is_collection(part)),
        }
    }

    fn pairs(&self, value: &Value) -> Vec<(Value, Value)> {
        let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
        let mut pairs: Vec<(Value, Value)> = pairs.into_iter().flatten().collect();
        // keys that Python cannot compare stay as they are
        let one_kind = pairs
            .windows(2)
            .all(|pair| pair[0].0.kind() == pair[1].0.kind());
        if self.style.sort_keys && one_kind {
            pairs.sort_by(|left, right| match (left.0.as_str(), right.0.as_str()) {
                (Some(left), Some(right)) => left.cmp(right),
                _ => left.0.partial_cmp(&right.0).unwrap_or(Ordering::Equal),
            });
        }
        pairs
    }

    fn scalar(&mut self, value: &Value, place: Place) {
        let is_key = place == Place::Key;
        let (text, quotes) = match value.kind() {
            ValueKind::None | ValueKind::Undefined => ("null".to_owned(), Quotes::None),
            ValueKind::Bool => (value.is_true().to_string(), Quotes::None),
            ValueKind::Number => (number(value), Quotes::None),
            _ => {
                let text = python_str(value);
                let quotes = Analysis::of(&text).quotes(&text, self.in_flow > 0, is_key);
                (text, quotes)
            }
        };
        self.increase(true, false);
        self.text(&text, quotes, !is_key);
        self.decrease();
    }

    fn flow_list(&mut self, items: &[Value]) {
        self.indicator("[", true, true, false);
        self.increase(true, false);
        self.in_flow += 1;
        for (index, item) in items.iter().enumerate() {
            self.separate(index);
            self.value(item, Place::Item);
        }
        self.in_flow -= 1;
        self.decrease();
        self.indicator("]", false, false, false);
    }

    fn flow_map(&mut self, pairs: &[(Value, Value)]) {
        self.indicator("{", true, true, false);
        self.increase(true, false);
        self.in_flow += 1;
        for (index, (key, item)) in pairs.iter().enumerate() {
            self.separate(index);
            if is_simple(key) {
                self.value(key, Place::Key);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, false);
                self.value(key, Place::Entry);
                if self.too_long() {
                    self.new_line();
                }
                self.indicator(":", true, false, false);
            }
            self.value(item, Place::Entry);
        }
        self.in_flow -= 1;
        self.decrease();
        self.indicator("}", false, false, false);
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.indicator(",", false, false, false);
        }
        if self.too_long() {
            self.new_line();
        }
    }

    fn block_list(&mut self, items: &[Value], place: Place) {
        self.increase(false, place == Place::Entry && !self.indention);
        for item in items {
            self.new_line();
            self.indicator("-", true, false, true);
            self.value(item, Place::Item);
        }
        self.decrease();
    }

    fn block_map(&mut self, pairs: &[(Value, Value)]) {
        self.increase(false, false);
        for (key, item) in pairs {
            self.new_line();
            if is_simple(key) {
                self.value(key, Place::Key);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.value(key, Place::Entry);
                self.new_line();
                self.indicator(":", true, false, true);
            }
            self.value(item, Place::Entry);
        }
        self.decrease();
    }

    fn increase(&mut self, flow: bool, indentless: bool) {
        self.indents.push(self.indent);
        self.indent = Some(match self.indent {
            None if flow => self.style.indent,
            None => 0,
            Some(indent) if indentless => indent,
            Some(indent) => indent + self.style.indent,
        });
    }

    fn decrease(&mut self) {
        self.indent = self.indents.pop().flatten();
    }

    /// Whether the line is longer than it should be.
    pub(super) fn too_long(&self) -> bool {
        self.column > self.style.width
    }

    /// Writes a letter of a text.
    pub(super) fn put(&mut self, letter: char) {
        self.out.push(letter);
        self.column += 1;
        (self.whitespace, self.indention) = (false, false);
    }

    /// A space, unless there is one.
    pub(super) fn space_before(&mut self) {
        if !self.whitespace {
            self.out.push(' ');
            self.column += 1;
        }
    }

    /// A text has been written.
    pub(super) fn after_text(&mut self) {
        (self.whitespace, self.indention) = (false, false);
    }

    /// Ends the line.
    pub(super) fn line_end(&mut self) {
        self.out.push('\n');
        self.column = 0;
        (self.whitespace, self.indention) = (true, true);
    }

    /// Ends the line with the letter that ends it in the text.
    pub(super) fn break_with(&mut self, letter: char) {
        if letter == '\n' || !is_break(letter) {
            self.line_end();
        } else {
            self.out.push(letter);
            self.column = 0;
            (self.whitespace, self.indention) = (true, true);
        }
    }

    /// Begins a line at the current indentation, unless it has begun.
    pub(super) fn new_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.line_end();
        }
        while self.column < indent {
            self.out.push(' ');
            self.column += 1;
        }
        (self.whitespace, self.indention) = (true, true);
    }

    /// Writes an indicator such as `-` or `{`.
    pub(super) fn indicator(
        &mut self,
        text: &str,
        needs_space: bool,
        is_whitespace: bool,
        is_indention: bool,
    ) {
        if needs_space {
            self.space_before();
        }
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = is_whitespace;
        self.indention &= is_indention;
    }
}

fn is_collection(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map
    )
}

/// Whether a key can stand before its colon on one line.
fn is_simple(key: &Value) -> bool {
    if is_collection(key) {
        return key.len() == Some(0);
    }
    let text = python_str(key);
    text.len() <= LONGEST_KEY && !Analysis::of(&text).multiline
}

fn number(value: &Value) -> String {
    let Ok(float) = f64::try_from(value.clone()) else {
        return value.to_string();
    };
    if value.is_integer() {
        return value.to_string();
    }
    if float.is_nan() {
        return ".nan".to_owned();
    }
    if float.is_infinite() {
        return if float < 0.0 { "-.inf" } else { ".inf" }.to_owned();
    }
    let text = python_float(float);
    match text.split_once('e') {
        // YAML 1.1 reads a number without a point as text
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}

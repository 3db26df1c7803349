//! The conversions of Ansible's argument types.

use crate::node::{Kind, Node};
use std::ops::Range;

/// A boolean, or a word or number that means one.
pub(super) fn boolean(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Bool(value) => Some(*value),
        Kind::Int(0) => Some(false),
        Kind::Int(1) => Some(true),
        Kind::Float(number) if *number == 0.0 => Some(false),
        Kind::Float(number) if *number == 1.0 => Some(true),
        Kind::Str(text) => match text.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number, or text that holds one.
pub(super) fn whole(node: &Node) -> Option<i128> {
    match &node.kind {
        Kind::Int(number) => Some(i128::from(*number)),
        Kind::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(*number as i128)
        }
        Kind::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number, or text that holds one.
pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::Int(number) => Some(*number as f64),
        Kind::Float(number) => Some(*number),
        Kind::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A list, text split at commas, or a single scalar as a list of one.
pub(super) fn list(node: &Node) -> Option<Vec<Node>> {
    match &node.kind {
        Kind::Str(text) => Some(
            split(text)
                .into_iter()
                .map(|range| part(node, text, range))
                .collect(),
        ),
        Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => Some(vec![node.clone()]),
        Kind::Null | Kind::Seq(_) | Kind::Map(_) => None,
    }
}

/// The trimmed parts between commas; none of an empty text.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut parts = Vec::new();
    for part in text.split(',') {
        let from = start + (part.len() - part.trim_start().len());
        let from = from.min(start + part.len());
        parts.push(from..from + part.trim().len());
        start += part.len() + 1;
    }
    if text.trim().is_empty() {
        Vec::new()
    } else {
        parts
    }
}

/// A part of a text as a node of its own, with its own place if the file shows the text as it is.
fn part(node: &Node, text: &str, range: Range<usize>) -> Node {
    let shown = node.span.text();
    let quote = usize::from(shown.len() == text.len() + 2 && shown.starts_with(['"', '\'']));
    let as_written = shown.get(quote..quote + text.len()) == Some(text);
    let span = if as_written {
        node.span.slice(range.start + quote..range.end + quote)
    } else {
        node.span.clone()
    };
    Node {
        kind: Kind::Str(text[range].into()),
        span,
        tag: node.tag,
    }
}

/// Which of an enumeration's words a scalar stands for: a boolean may mean `yes`, `true` or `on`.
pub(super) fn choice(node: &Node, words: &[&str]) -> Option<String> {
    let Kind::Bool(value) = node.kind else {
        return node.to_text();
    };
    let meant = if value {
        ["yes", "true", "on"]
    } else {
        ["no", "false", "off"]
    };
    let word = meant.into_iter().find(|word| words.contains(word));
    word.map(str::to_owned).or_else(|| node.to_text())
}

//! The node tree in and out.

use super::{
    Dict, Value, python_str,
    trusted::{is_trusted, trusted},
};
use crate::node::{Entry, Kind, Map, Node, Span, Tag};
use minijinja::value::ValueKind;
use std::sync::Arc;

/// Takes in a node as it stands; templates in it stay text.
///
/// Its texts were written in a playbook, but for those marked as data.
pub fn from_node(node: &Node) -> Value {
    take_in(node, true)
}

/// Takes in a node that was read from data, such as a text that a host gave.
pub fn from_data(node: &Node) -> Value {
    take_in(node, false)
}

fn take_in(node: &Node, written: bool) -> Value {
    match &node.kind {
        Kind::Null => Value::from(()),
        Kind::Bool(truth) => Value::from(*truth),
        Kind::Int(whole) => Value::from(*whole),
        Kind::Float(number) => Value::from(*number),
        Kind::Str(text) if written && node.tag == Tag::None => trusted(text),
        Kind::Str(text) => Value::from(text.clone()),
        Kind::Seq(items) => {
            let items = items.iter().map(|item| take_in(item, written));
            Value::from(items.collect::<Vec<_>>())
        }
        Kind::Map(map) => {
            let item = |(key, entry): (&Arc<str>, &Entry)| {
                (Value::from(key.clone()), take_in(&entry.value, written))
            };
            Value::from_object(map.iter().map(item).collect::<Dict>())
        }
    }
}

/// Gives out a node; everything in it stands at `span`.
///
/// What was not written in a playbook is marked as data, and never rendered.
pub fn to_node(value: &Value, span: &Span) -> Node {
    let data = match value.kind() {
        ValueKind::String => !is_trusted(value),
        ValueKind::Map => true,
        _ => false,
    };
    Node {
        tag: if data { Tag::Unsafe } else { Tag::None },
        ..Node::at(kind(value, span), span.clone())
    }
}

fn kind(value: &Value, span: &Span) -> Kind {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None | ValueKind::Invalid => Kind::Null,
        ValueKind::Bool => Kind::Bool(value.is_true()),
        ValueKind::Number => number(value),
        ValueKind::Seq | ValueKind::Iterable => Kind::Seq(
            value
                .try_iter()
                .into_iter()
                .flatten()
                .map(|item| to_node(&item, span))
                .collect(),
        ),
        ValueKind::Map => Kind::Map(map(value, span)),
        _ => Kind::Str(text(value)),
    }
}

fn number(value: &Value) -> Kind {
    if value.is_integer() {
        // what does not fit is kept as its digits
        return value
            .as_i64()
            .map_or_else(|| Kind::Str(value.to_string().into()), Kind::Int);
    }
    f64::try_from(value.clone()).map_or(Kind::Null, Kind::Float)
}

fn map(value: &Value, span: &Span) -> Map {
    let Some(pairs) = value.as_object().and_then(|object| object.try_iter_pairs()) else {
        return Map::new();
    };
    pairs
        .map(|(key, item)| {
            (
                text(&key),
                Entry {
                    key: span.clone(),
                    value: to_node(&item, span),
                },
            )
        })
        .collect()
}

fn text(value: &Value) -> Arc<str> {
    value.to_str().unwrap_or_else(|| python_str(value).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: Vec<Node>) -> Node {
        Node::new(Kind::Seq(items))
    }

    #[test]
    fn nodes_survive_the_way_in_and_out() {
        let given = list(vec![
            Node::new(Kind::Int(3)),
            Node::new(Kind::Float(1.0)),
            Node::new(Kind::Null),
            Node::new(Kind::Str("{{ x }}".into())),
        ]);
        let back = to_node(&from_node(&given), &Span::none());
        assert_eq!(format!("{back:?}"), format!("{given:?}"));
    }

    #[test]
    fn data_is_no_template_on_its_way_out() {
        let written = list(vec![Node::new(Kind::Str("{{ x }}".into()))]);
        let there_and_back = |value: Value| to_node(&value, &Span::none());
        assert!(there_and_back(from_node(&written)).is_template());
        assert!(!there_and_back(from_data(&written)).is_template());
        let key = Value::from_pairs([("{{ x }}", 1)]);
        assert!(!there_and_back(key).is_template());
        let marked = there_and_back(from_data(&written));
        assert!(!there_and_back(from_node(&marked)).is_template());
    }

    #[test]
    fn tuples_become_lists() {
        let pair = Value::from(minijinja::value::Tuple::from(vec![
            Value::from(1),
            Value::from(2),
        ]));
        assert_eq!(to_node(&pair, &Span::none()).as_seq().unwrap().len(), 2);
    }

    #[test]
    fn numbers_as_keys_become_text() {
        let map = Value::from_pairs([(1, "one")]);
        assert_eq!(
            to_node(&map, &Span::none()).get("1").unwrap().as_str(),
            Some("one")
        );
    }
}

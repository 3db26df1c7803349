//! [`Node`] itself as a type to read and to write.
//!
//! serde's data model has no room for places, so [`from_node`](super::from_node) hands the tree
//! over beside it: the reader asks for a newtype of a private name, the deserializer lays the
//! tree down in a cell of this thread and calls back at once, and the reader picks it up.
//! From any other deserializer the reader builds a tree without places.

use crate::node::{Entry, Kind, Map, Node, Span};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use std::{borrow::Cow, cell::Cell, fmt};

/// The private name by which the deserializer knows that a tree is asked for.
pub(super) const NAME: &str = "$k8sbm::Node";

thread_local! {
    static HANDED_OVER: Cell<Option<Node>> = const { Cell::new(None) };
}

/// Lays down the tree for the visitor that is called next.
pub(super) fn hand_over(node: &Node) {
    HANDED_OVER.set(Some(node.clone()));
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, TreeVisitor)
    }
}

/// Builds a tree; also of the inner values, which any deserializer gives.
struct TreeVisitor;

/// A value inside a tree without places.
struct Inner(Node);

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Self)
    }
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match HANDED_OVER.take() {
            Some(node) => Ok(node),
            None => deserializer.deserialize_any(self),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::new(Kind::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::new(Kind::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::new(Kind::Bool(value)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::new(Kind::Int(number)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::new(i64::try_from(number).map_or_else(
            |_| Kind::Str(number.to_string().into()),
            Kind::Int,
        )))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Node, E> {
        Ok(Node::new(Kind::Float(number)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::new(Kind::Str(text.into())))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0).min(1024));
        while let Some(Inner(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::new(Kind::Seq(list)))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Map::new();
        while let Some((key, Inner(value))) = entries.next_entry::<String, Inner>()? {
            map.insert(
                key.into(),
                Entry {
                    key: Span::none(),
                    value,
                },
            );
        }
        Ok(Node::new(Kind::Map(map)))
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Null => serializer.serialize_unit(),
            Kind::Bool(value) => serializer.serialize_bool(*value),
            Kind::Int(number) => serializer.serialize_i64(*number),
            Kind::Float(number) => serializer.serialize_f64(*number),
            Kind::Str(text) => serializer.serialize_str(text),
            Kind::Seq(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Kind::Map(map) => {
                let mut mapping = serializer.serialize_map(Some(map.len()))?;
                for (key, entry) in map {
                    mapping.serialize_entry(&**key, &entry.value)?;
                }
                mapping.end()
            }
        }
    }
}

impl JsonSchema for Node {
    fn schema_name() -> Cow<'static, str> {
        "AnyValue".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}

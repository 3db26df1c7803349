//! Arguments that are expressions: the engine evaluates them, and hands over the text with the value.

use k8sbm_core::node::{Kind, Node};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;
use std::borrow::Cow;

/// An expression and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    /// As it was written.
    pub(super) text: String,
    /// Its value, or why it has none.
    pub(super) value: Result<Json, String>,
}

impl Expression {
    fn read(node: &Node) -> Option<Self> {
        let text = node.get("expression")?.to_text()?;
        let value = match node.get("error") {
            Some(error) => Err(error.to_text().unwrap_or_default()),
            None => Ok(node.get("value").map(Node::to_json).unwrap_or_default()),
        };
        Some(Self { text, value })
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Self::read(&node).ok_or_else(|| de::Error::custom("an expression is text"))
    }
}

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "boolean"] })
    }
}

/// One expression, or a list of them.
#[derive(Clone, Debug)]
pub(super) struct Expressions(pub(super) Vec<Expression>);

impl<'de> Deserialize<'de> for Expressions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        let read = match &node.kind {
            Kind::Seq(items) => items.iter().map(Expression::read).collect(),
            _ => Expression::read(&node).map(|one| vec![one]),
        };
        read.map(Self)
            .ok_or_else(|| de::Error::custom("expected an expression, or a list of expressions"))
    }
}

impl JsonSchema for Expressions {
    fn schema_name() -> Cow<'static, str> {
        "Expressions".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = Expression::json_schema(generator);
        json_schema!({ "type": ["string", "boolean", "array"], "items": one })
    }
}

/// Whether a value counts as true, by Python's rules.
pub(super) fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(entries) => !entries.is_empty(),
    }
}

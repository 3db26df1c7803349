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
    /// What it gave, or why nothing.
    pub(super) given: Result<Given, String>,
}

/// What an expression gave.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// Its value.
    pub(super) value: Json,
    /// Whether the value is only a sign for `omit`, since there was nothing to leave out.
    pub(super) omitted: bool,
    /// Whether it holds, if it is a condition.
    pub(super) holds: bool,
}

impl Expression {
    fn read(node: &Node) -> Option<Self> {
        let text = node.get("expression")?.to_text()?;
        let says = |name| matches!(node.get(name), Some(it) if matches!(it.kind, Kind::Bool(true)));
        let given = match node.get("error") {
            Some(error) => Err(error.to_text().unwrap_or_default()),
            None => Ok(Given {
                value: node.get("value").map(Node::to_json).unwrap_or_default(),
                omitted: says("omitted"),
                holds: says("holds"),
            }),
        };
        Some(Self { text, given })
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

//! Messages: text, or several lines of it.

use k8sbm_core::node::{Kind, Node};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Text, or a list of lines.
#[derive(Clone, Debug)]
pub(super) struct Message {
    lines: Vec<String>,
    is_list: bool,
}

impl Message {
    /// Text.
    pub(super) fn text(text: &str) -> Self {
        Self {
            lines: vec![text.to_owned()],
            is_list: false,
        }
    }

    /// As one text.
    pub(super) fn joined(&self) -> String {
        self.lines.join("\n")
    }

    /// As it was given.
    pub(super) fn value(&self) -> Json {
        if self.is_list {
            self.lines.clone().into()
        } else {
            self.joined().into()
        }
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        let (items, is_list) = match &node.kind {
            Kind::Seq(items) => (items.as_slice(), true),
            _ => (std::slice::from_ref(&node), false),
        };
        let lines = items.iter().map(Node::to_text).collect::<Option<_>>();
        lines
            .map(|lines| Self { lines, is_list })
            .ok_or_else(|| de::Error::custom("expected text, or a list of lines"))
    }
}

impl JsonSchema for Message {
    fn schema_name() -> Cow<'static, str> {
        "Message".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" } })
    }
}

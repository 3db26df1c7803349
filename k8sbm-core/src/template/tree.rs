//! A variable as written, ready to be rendered part by part.

use super::{lazy, source::Text};
use crate::{
    node::{Kind, Node, Tag},
    value::{Value, from_node},
    vars::Scope,
};
use indexmap::IndexMap;
use std::sync::Arc;

/// A node whose parts without templates are values already.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// No template in it.
    Value(Value),
    /// A template.
    Text(Arc<Text>),
    /// A list with templates in it.
    Seq(Arc<[Self]>),
    /// A mapping with templates in it.
    Map(Arc<IndexMap<Arc<str>, Self>>),
    /// A mapping whose keys are templates too.
    Keyed(Arc<[(Self, Self)]>),
}

impl Tree {
    /// The tree of a node; `path` names it in messages about loops.
    pub fn new(path: &Arc<str>, node: &Node) -> Self {
        if !node.is_template() {
            return Self::Value(from_node(node));
        }
        match &node.kind {
            Kind::Str(text) => Self::Text(Arc::new(Text::new(path.clone(), text.clone(), node))),
            Kind::Seq(items) => {
                let tree = |(index, item)| Self::new(&format!("{path}[{index}]").into(), item);
                Self::Seq(items.iter().enumerate().map(tree).collect())
            }
            Kind::Map(map) => {
                let children = map
                    .iter()
                    .map(|(key, entry)| (key, &entry.key, &entry.value));
                if node.tag != Tag::Unsafe && map.keys().any(|key| key.contains("{{")) {
                    let tree = |(key, span, value): (&Arc<str>, &_, &Node)| {
                        let name = Node {
                            kind: Kind::Str(key.clone()),
                            span: Clone::clone(span),
                            tag: Tag::None,
                        };
                        (
                            Self::new(path, &name),
                            Self::new(&format!("{path}.{key}").into(), value),
                        )
                    };
                    return Self::Keyed(children.map(tree).collect());
                }
                let tree = |(key, _, value): (&Arc<str>, _, _)| {
                    (
                        key.clone(),
                        Self::new(&format!("{path}.{key}").into(), value),
                    )
                };
                Self::Map(Arc::new(children.map(tree).collect()))
            }
            _ => Self::Value(from_node(node)),
        }
    }

    /// The value in a scope: an error becomes a value that raises it when it is used, and what
    /// uses an undefined name is itself undefined.
    pub fn value(&self, scope: &Scope) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Text(text) => text.value(scope),
            Self::Seq(items) => lazy::list(items, scope),
            Self::Map(entries) => lazy::map(entries, scope),
            Self::Keyed(entries) => lazy::keyed(entries, scope),
        }
    }
}

//! One source of variables.

use super::Level;
use crate::{
    node::{Map, Node, Span},
    template::Tree,
    value::Value,
};
use indexmap::IndexMap;
use std::sync::{Arc, OnceLock};

/// Variables by name, in the order they were written.
pub type Names<V> = IndexMap<Arc<str>, V>;

/// One source of variables; shared, never copied for a host.
#[derive(Debug)]
pub struct Layer {
    /// Its step on the precedence ladder.
    pub level: Level,
    /// What to call it, such as `group_vars/all/main.yml`.
    pub label: Arc<str>,
    /// What it sets.
    pub vars: Names<Variable>,
}

impl Layer {
    /// A layer of variables that are ready.
    pub fn new(level: Level, label: impl Into<Arc<str>>, vars: Names<Variable>) -> Self {
        Self {
            level,
            label: label.into(),
            vars,
        }
    }

    /// The entries of a mapping that was read from a file.
    pub fn from_map(level: Level, label: impl Into<Arc<str>>, map: &Map) -> Self {
        let vars = map
            .iter()
            .map(|(name, entry)| {
                (
                    name.clone(),
                    Variable::lazy(name, entry.value.clone()).at(entry.key.clone()),
                )
            })
            .collect();
        Self::new(level, label, vars)
    }
}

/// A variable: either as written, to be rendered when used, or final.
#[derive(Debug)]
pub struct Variable {
    content: Content,
    /// Where it was set.
    pub span: Span,
}

#[derive(Debug)]
enum Content {
    /// As written; the tree is made at first use.
    Written {
        name: Arc<str>,
        node: Node,
        tree: OnceLock<Tree>,
    },
    /// Never rendered again.
    Final(Value),
}

impl Variable {
    /// A variable as written, which may hold templates.
    pub fn lazy(name: &Arc<str>, node: Node) -> Self {
        let span = node.span.clone();
        Self {
            content: Content::Written {
                name: name.clone(),
                node,
                tree: OnceLock::new(),
            },
            span,
        }
    }

    /// A value that is never a template, such as a registered result.
    pub fn ready(value: Value, span: Span) -> Self {
        Self {
            content: Content::Final(value),
            span,
        }
    }

    /// The same variable, with the place of its name.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    /// The node it was written as, unless it is a value.
    pub fn node(&self) -> Option<&Node> {
        match &self.content {
            Content::Written { node, .. } => Some(node),
            Content::Final(_) => None,
        }
    }

    /// The tree to render it from, unless it is a value.
    pub(crate) fn tree(&self) -> Result<&Tree, &Value> {
        match &self.content {
            Content::Written { name, node, tree } => Ok(tree.get_or_init(|| Tree::new(name, node))),
            Content::Final(value) => Err(value),
        }
    }
}

//! One source of variables.

use super::Level;
use crate::node::{Map, Node, Span};
use indexmap::IndexMap;
use std::sync::Arc;

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
                let variable = Variable::lazy(name, entry.value.clone()).at(entry.key.clone());
                (name.clone(), variable)
            })
            .collect();
        Self::new(level, label, vars)
    }
}

/// A variable as written, to be rendered when used.
#[derive(Debug)]
pub struct Variable {
    node: Node,
    /// Where it was set.
    pub span: Span,
}

impl Variable {
    /// A variable as written, which may hold templates.
    pub fn lazy(_name: &Arc<str>, node: Node) -> Self {
        let span = node.span.clone();
        Self { node, span }
    }

    /// The same variable, with the place of its name.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    /// The node it was written as, unless it is a value.
    pub fn node(&self) -> Option<&Node> {
        Some(&self.node)
    }
}

//! Arguments that are expressions or conditions, as modules see them.

use super::{failure::Cannot, prepare::Preparing};
use crate::{
    node::{Entry, Kind, Map, Node, Span},
    template::TemplateError,
    value::{self, Value},
    vars::Scope,
};
use std::sync::Arc;

/// What an expression gave, and whether it holds if it is a condition.
type Given = Result<(Value, Option<bool>), TemplateError>;

impl Preparing<'_> {
    /// An expression as `{expression, value}` or `{expression, error}`; a list of them as a list.
    pub(super) fn expressions(self, node: &Node, scope: &Scope) -> Result<Node, Cannot> {
        evaluated(node, &|text, span| {
            let engine = &self.shared.engine;
            if !text.contains("{{") {
                return Ok((engine.expression(text, span, scope)?, None));
            }
            // A template gives the name of a variable; anything else it gives is a value, and not read as an expression.
            let named = Node::at(Kind::Str(text.clone()), span.clone());
            let value = engine.value(&named, scope)?;
            let value = match value.as_str() {
                Some(name) if is_path(name) => engine.expression(name, span, scope)?,
                _ => value,
            };
            Ok((value, None))
        })
    }

    /// A condition as `{expression, value, holds}` or `{expression, error}`; a list of them as a list.
    pub(super) fn conditions(self, node: &Node, scope: &Scope) -> Result<Node, Cannot> {
        let engine = &self.shared.engine;
        if let Kind::Str(text) = &node.kind
            && text.trim_start().starts_with("{{")
        {
            // A variable may hold a list of conditions.
            let list = engine.render(node, scope).map_err(Cannot::from)?;
            if list.as_seq().is_some() {
                return self.conditions(&list, scope);
            }
        }
        evaluated(node, &|text, span| {
            let (value, holds) = engine.judged(text, span, scope)?;
            Ok((value, Some(holds)))
        })
    }
}

/// Whether a text names a variable, or a part of one: `a.b[0]['c']`.
fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_.[]'\"-".contains(c);
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(plain)
}

fn evaluated(node: &Node, evaluate: &impl Fn(&Arc<str>, &Span) -> Given) -> Result<Node, Cannot> {
    if let Kind::Seq(items) = &node.kind {
        let items = items.iter().map(|item| evaluated(item, evaluate));
        let items = items.collect::<Result<_, _>>()?;
        return Ok(Node::at(Kind::Seq(items), node.span.clone()));
    }
    let text: Arc<str> = match &node.kind {
        Kind::Str(text) => text.clone(),
        Kind::Bool(truth) => Arc::from(if *truth { "True" } else { "False" }),
        _ => Arc::from(node.span.text()),
    };
    let mut map = Map::new();
    let mut insert = |name: &str, value: Node| {
        let key = Span::none();
        map.insert(name.into(), Entry { key, value });
    };
    let given = evaluate(&text, &node.span).map_err(Cannot::from);
    insert("expression", Node::at(Kind::Str(text), node.span.clone()));
    match given {
        Ok((value, holds)) => {
            insert("value", value::to_node(&value, &node.span));
            if let Some(holds) = holds {
                insert("holds", Node::new(Kind::Bool(holds)));
            }
        }
        Err(Cannot::Failed(failure)) => {
            insert(
                "error",
                Node::new(Kind::Str(failure.message.as_str().into())),
            );
        }
        Err(cannot) => return Err(cannot),
    }
    Ok(Node::at(Kind::Map(map), node.span.clone()))
}

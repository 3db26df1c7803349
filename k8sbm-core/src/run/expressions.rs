//! Arguments that are expressions or conditions, as modules see them.

use super::{failure::Cannot, prepare::Preparing};
use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Kind, Map, Node, Span, Tag},
    template::{Compat, TemplateError, is_omit},
    value::{self, Value},
    vars::Scope,
};
use std::sync::Arc;

/// What an expression gave.
struct Given {
    /// The expression, where a template gave it.
    text: Option<Arc<str>>,
    value: Value,
    /// Whether it holds, if it is a condition.
    holds: Option<bool>,
}

impl Preparing<'_> {
    /// An expression as `{expression, value}` or `{expression, error}`, with `omitted` where it gave `omit`; a list of
    /// them as a list. A template that gives nothing is null.
    pub(super) fn expressions(self, node: &Node, scope: &Scope) -> Result<Node, Cannot> {
        self.evaluated(node, &|text, span| {
            let engine = &self.shared.engine;
            let given = |text, value| Given {
                text,
                value,
                holds: None,
            };
            if !text.contains("{{") {
                return Ok(Some(given(None, engine.expression(text, span, scope)?)));
            }
            let template = Node::at(Kind::Str(text.clone()), span.clone());
            let value = engine.value(&template, scope)?;
            if value.is_none() {
                return Ok(None);
            }
            // A text is an expression again; anything else is what was meant.
            let Some(inner) = value.to_str() else {
                return Ok(Some(given(None, value)));
            };
            if engine.compat == Compat::V2_18 && !is_path(&inner) {
                return Ok(Some(given(None, value)));
            }
            engine.trust(&value, span)?;
            let value = engine.expression(&inner, span, scope)?;
            Ok(Some(given(Some(inner), value)))
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
        self.evaluated(node, &|text, span| {
            let (value, holds) = engine.judged(text, span, scope)?;
            Ok(Some(Given {
                text: None,
                value,
                holds: Some(holds),
            }))
        })
    }

    fn evaluated(
        self,
        node: &Node,
        evaluate: &impl Fn(&Arc<str>, &Span) -> Result<Option<Given>, TemplateError>,
    ) -> Result<Node, Cannot> {
        if let Kind::Seq(items) = &node.kind {
            let items = items.iter().map(|item| self.evaluated(item, evaluate));
            let items = items.collect::<Result<_, _>>()?;
            return Ok(Node::at(Kind::Seq(items), node.span.clone()));
        }
        let text: Arc<str> = match &node.kind {
            Kind::Str(text) => text.clone(),
            Kind::Bool(truth) => Arc::from(if *truth { "True" } else { "False" }),
            _ => Arc::from(node.span.text()),
        };
        let trusted = match node.tag {
            Tag::Unsafe if node.as_str().is_some() => {
                let engine = &self.shared.engine;
                engine.trust(&value::from_node(node), &node.span)
            }
            _ if node.as_map().is_some() => Err(Diagnostic::new(
                "a mapping is not a string and conversion is not allowed",
            )
            .label(&node.span, "")
            .into()),
            _ => Ok(()),
        };
        let given = trusted.and_then(|()| evaluate(&text, &node.span));
        let mut map = Map::new();
        let mut insert = |name: &str, value: Node| {
            let key = Span::none();
            map.insert(name.into(), Entry { key, value });
        };
        let own = |text| Node::at(Kind::Str(text), node.span.clone());
        match given.map_err(Cannot::from) {
            Ok(None) => return Ok(Node::at(Kind::Null, node.span.clone())),
            Ok(Some(given)) => {
                insert("expression", own(given.text.unwrap_or(text)));
                insert("value", value::to_node(&given.value, &node.span));
                if is_omit(&given.value) {
                    insert("omitted", Node::new(Kind::Bool(true)));
                }
                if let Some(holds) = given.holds {
                    insert("holds", Node::new(Kind::Bool(holds)));
                }
            }
            Err(Cannot::Failed(failure)) => {
                insert("expression", own(text));
                insert(
                    "error",
                    Node::new(Kind::Str(failure.message.as_str().into())),
                );
            }
            Err(cannot) => return Err(cannot),
        }
        Ok(Node::at(Kind::Map(map), node.span.clone()))
    }
}

/// Whether a text names a variable, or a part of one: `a.b[0]['c']`.
fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_.[]'\"-".contains(c);
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(plain)
}

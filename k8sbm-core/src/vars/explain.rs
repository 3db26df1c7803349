//! Who set a name, for `--explain-var`.

use super::{Frame, Level, Scope, Variable};
use crate::{node::Span, value::python_repr};
use std::sync::Arc;

/// One setting of a variable.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its step on the precedence ladder.
    pub level: Level,
    /// What its source is called, such as `group_vars/all/main.yml`.
    pub label: Arc<str>,
    /// Where it was set.
    pub span: Span,
    /// The value, or the template as written.
    pub text: String,
    /// Whether this one is used.
    pub winner: bool,
    /// Why it wins, or what wins over it.
    pub why: String,
}

impl Scope {
    /// All settings of `name` that this scope knows, the winning one first.
    pub fn explain(&self, name: &str) -> Vec<Definition> {
        let mut found = self.0.settings(name);
        found.reverse();
        // the engine's own values win; within one level the later source does
        found.sort_by_key(|definition| std::cmp::Reverse(definition.level));
        let winner = found
            .first()
            .map(|first| (first.level, first.label.clone()));
        for (index, definition) in found.iter_mut().enumerate() {
            definition.winner = index == 0;
            definition.why = match &winner {
                Some(_) if index == 0 => format!("nothing above {} sets it", definition.level),
                Some((level, label)) if *level == definition.level => {
                    format!("{label} comes later")
                }
                Some((level, label)) => format!("set again by {label} ({level})"),
                None => String::new(),
            };
        }
        found
    }
}

impl Frame {
    /// All settings, lowest first.
    fn settings(self: &Arc<Self>, name: &str) -> Vec<Definition> {
        let own = self.host.read();
        let layers = self
            .layers
            .iter()
            .chain(own.layers.iter())
            .chain(&own.files)
            .chain(&own.included)
            .chain([&self.store.extra]);
        let mut found: Vec<Definition> = layers
            .filter_map(|layer| Some(definition(layer.level, &layer.label, layer.vars.get(name)?)))
            .collect();
        let host = format!("host {}", self.host.name).into();
        if let Some(variable) = own.set.get(name) {
            found.push(definition(Level::SetFacts, &host, variable));
        }
        if let Some(value) = own.facts.as_ref().and_then(|facts| facts.get(name)) {
            found.push(definition(
                Level::Facts,
                &host,
                &Variable::ready(value, Span::none()),
            ));
        }
        drop(own);
        if let Some((_, value)) = self.locals.iter().find(|(local, _)| &**local == name) {
            found.push(definition(
                Level::Loop,
                &"the loop".into(),
                &Variable::ready(value.clone(), Span::none()),
            ));
        }
        if let Some(value) = self.magic(name) {
            found.push(definition(
                Level::Magic,
                &"the engine".into(),
                &Variable::ready(value, Span::none()),
            ));
        }
        found
    }
}

fn definition(level: Level, label: &Arc<str>, variable: &Variable) -> Definition {
    let text = match (variable.node(), variable.tree()) {
        (Some(node), _) if !node.span.text().is_empty() => node.span.text().to_owned(),
        (Some(node), _) => python_repr(&crate::value::from_node(node)),
        (None, Err(value)) => python_repr(value),
        (None, Ok(_)) => String::new(),
    };
    Definition {
        level,
        label: label.clone(),
        span: variable.span.clone(),
        text,
        winner: false,
        why: String::new(),
    }
}

//! What `loop_control` says of a loop.

use super::failure::Cannot;
use crate::{
    diagnostic::Diagnostic,
    node::{Node, from_node},
    playbook::{LoopControl, is_variable_name},
    template::Engine,
    value,
    vars::Scope,
};
use std::sync::Arc;

/// `loop_control` for one host, its templates rendered. A mistake in it is worded as Ansible words it.
pub(super) struct Looping {
    /// The variable that holds an item.
    pub variable: Arc<str>,
    /// The variable that holds an item's number, counted from 0.
    pub index: Option<Arc<str>>,
    /// Whether there is `ansible_loop`.
    pub extended: bool,
    /// Whether it has all items.
    pub shows_all: bool,
}

impl Looping {
    pub fn of(control: &LoopControl, engine: &Engine, scope: &Scope) -> Result<Self, Cannot> {
        let name = |keyword: &str, node: &Node| -> Result<Arc<str>, Cannot> {
            let name = value::python_str(&engine.value(node, scope)?);
            if is_variable_name(&name) {
                return Ok(name.into());
            }
            let message = format!("Invalid '{keyword}': Invalid variable name '{name}'.");
            Err(Diagnostic::new(message).label(&node.span, "").into())
        };
        let switch = |keyword: &str, node: &Option<Node>, unless: bool| -> Result<bool, Cannot> {
            let Some(node) = node else { return Ok(unless) };
            match engine.switch(node, scope) {
                Ok(on) => Ok(on),
                Err(error) => Err(unfit(keyword, "bool", &engine.render(node, scope)?)
                    .unwrap_or_else(|| error.into())),
            }
        };
        if let Some(pause) = &control.pause {
            let pause = engine.render(pause, scope)?;
            if let Err(error) = from_node::<f64>(&pause) {
                return Err(unfit("pause", "float", &pause).unwrap_or_else(|| error.into()));
            }
        }
        Ok(Self {
            variable: match &control.loop_var {
                Some(node) => name("loop_var", node)?,
                None => "item".into(),
            },
            index: match &control.index_var {
                Some(node) => Some(name("index_var", node)?),
                None => None,
            },
            extended: switch("extended", &control.extended, false)?,
            shows_all: switch("extended_allitems", &control.extended_allitems, true)?,
        })
    }
}

/// A text that is no value of a keyword's type.
fn unfit(keyword: &str, class: &str, value: &Node) -> Option<Cannot> {
    let text = value.to_text()?;
    let message = format!(
        "Error processing keyword '{keyword}': The value '{text}' could not be converted to '{class}'."
    );
    Some(Diagnostic::new(message).label(&value.span, "").into())
}

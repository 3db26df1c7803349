//! Names of what is imported: rendered before any host is known.

use super::{Context, reader::Reader, variables};
use crate::{
    diagnostic::Diagnostic,
    node::Node,
    template::TemplateError,
    vars::{Magic, Scope, absolute, ansible_version},
};
use std::sync::Arc;

impl Reader<'_> {
    /// A node rendered with what is known while loading: variables of the play and the role, and extra variables.
    pub(super) fn rendered(&self, node: &Node, context: &Context) -> Result<Node, Diagnostic> {
        if !node.is_template() {
            return Ok(node.clone());
        }
        let mut layers = context.layers.clone();
        for layer in &self.files {
            variables::put(&mut layers, layer.clone());
        }
        let mut magic = Magic::new(None)
            .with("playbook_dir", absolute(&context.playbook))
            .with(
                "ansible_version",
                ansible_version(self.loader.engine.compat),
            );
        if let Some(role) = &context.role {
            magic = magic
                .with("role_name", role.name.clone())
                .with("ansible_role_name", role.name.clone())
                .with("role_path", absolute(&role.path));
        }
        let scope = Scope::new(&self.loader.store, &self.loader.nobody)
            .with_layers(layers.into())
            .with_magic(Arc::new(magic));
        self.loader
            .engine
            .render(node, &scope)
            .map_err(|error| explain(error, node))
    }

    /// The text of a name.
    pub(super) fn text(&self, node: &Node, context: &Context) -> Result<String, Diagnostic> {
        let rendered = self.rendered(node, context)?;
        rendered.to_text().ok_or_else(|| {
            Diagnostic::new(format!("expected a name, not {}", rendered.describe()))
                .label(&node.span, "")
        })
    }
}

fn explain(error: TemplateError, node: &Node) -> Diagnostic {
    let diagnostic = match error {
        TemplateError::Failed(diagnostic) => diagnostic,
        other => Diagnostic::new(other.to_string()),
    };
    let mut diagnostic = diagnostic.or_at(&node.span);
    let why = "names of imports are read before any host is known, and see variables of the play and extra variables only; an include sees those of the host";
    match &diagnostic.help {
        None => diagnostic.help = Some(why.to_owned()),
        Some(_) => diagnostic.notes.push(why.to_owned()),
    }
    diagnostic
}

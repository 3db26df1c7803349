//! `vars_files`: files of variables, whose names may depend on the host.

use super::{shared::Shared, stage::Stage};
use crate::{
    diagnostic::Diagnostic,
    node::Node,
    playbook::Play,
    value::{self, Value},
    vars::{HostVars, Layer, Level},
};
use minijinja::value::ValueKind;
use std::sync::Arc;

/// The file of an entry: the first that is there of the names it was rendered to.
pub(super) fn layer(
    shared: &Shared,
    play: &Play,
    entry: &Node,
    rendered: &Value,
) -> Result<Arc<Layer>, Diagnostic> {
    let loader = &shared.loader;
    let names: Vec<String> = match rendered.kind() {
        ValueKind::Seq => {
            let names = rendered.try_iter().into_iter().flatten();
            names.map(|name| value::python_str(&name)).collect()
        }
        _ => vec![value::python_str(rendered)],
    };
    let mut found = names.iter();
    let Some(path) = found.find_map(|name| loader.find_vars_file(&play.directory, name)) else {
        let message = format!("there is no file of variables {}", names.join(" or "));
        return Err(Diagnostic::new(message).label(&entry.span, ""));
    };
    loader.vars_file(&path, Level::VarsFiles)
}

impl Stage {
    /// Reads the files of a host whose names may depend on it, by what is known of it now; says whether all names are.
    ///
    /// # Errors
    /// When there is no such file, or a mistake in it.
    pub fn read_files(&self, shared: &Shared, vars: &Arc<HostVars>) -> Result<bool, Diagnostic> {
        if self.play.vars_files.iter().all(Node::is_plain) {
            return Ok(true);
        }
        let scope = self
            .scope(shared, vars, self.layers.clone())
            .with_search([self.play.directory.clone()].into());
        let (mut layers, mut whole) = (Vec::new(), true);
        for entry in &self.play.vars_files {
            match shared.engine.value(entry, &scope) {
                Ok(names) => layers.push(layer(shared, &self.play, entry, &names)?),
                // As with Ansible, a name that is not known yet is passed over: facts may give it.
                Err(_) => whole = false,
            }
        }
        vars.set_files(layers);
        Ok(whole)
    }

    /// Ends what the play's files gave its hosts.
    pub fn forget_files(&self, shared: &Shared) {
        if !self.play.vars_files.iter().all(Node::is_plain) {
            for host in self.matched.iter() {
                shared.host_named(host).set_files(Vec::new());
            }
        }
    }
}

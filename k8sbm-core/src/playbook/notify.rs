//! Whether the handlers that tasks notify are there.

use super::{Handler, Section, Statement, Step, TaskSpec, reader::Reader, walk};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::Node,
};
use std::collections::BTreeSet;

impl Reader<'_> {
    /// Warns of handlers that are notified and not there, unless an include may bring handlers that are not known yet.
    pub(super) fn check_notified(
        &mut self,
        sections: &[(Section, Vec<Step>)],
        handlers: &[Handler],
    ) {
        let steps = sections.iter().flat_map(|(_, steps)| walk::tasks(steps));
        let mut tasks: Vec<&TaskSpec> = steps.collect();
        tasks.extend(handlers.iter().map(|handler| &*handler.task));
        let unknown = |task: &&TaskSpec| matches!(task.statement, Statement::Include(_));
        let Some(known) = names(handlers).filter(|_| !tasks.iter().any(unknown)) else {
            return;
        };
        for name in tasks.iter().flat_map(|task| &task.notify) {
            let text = name.as_str().unwrap_or_default();
            if name.is_template() || text.is_empty() || known.contains(text) {
                continue;
            }
            let error =
                Diagnostic::new(format!("there is no handler `{text}`")).label(&name.span, "");
            self.warn(match nearest(text, known.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("handlers are found by their `name` and by `listen`"),
            });
        }
    }
}

/// All that handlers can be notified by; nothing if a name is a template.
fn names(handlers: &[Handler]) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for handler in handlers {
        if handler.task.name.as_ref().is_some_and(Node::is_template) {
            return None;
        }
        let name = handler.task.name.as_ref().and_then(Node::to_text);
        for name in name
            .into_iter()
            .chain(handler.listen.iter().map(ToString::to_string))
        {
            if let Some(role) = &handler.task.context.role {
                names.insert(format!("{} : {name}", role.name));
            }
            names.insert(name);
        }
    }
    Some(names)
}

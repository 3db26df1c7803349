//! Imports: files that are read in place of a statement.

use crate::{
    diagnostic::Diagnostic,
    node::{Map, Node, Span},
    playbook::{
        Context, Handler, Step,
        language::Place,
        reader::Reader,
        search,
        task::{Call, Statements},
    },
    vars::Level,
};
use std::{path::Path, sync::Arc};

impl Reader<'_> {
    /// What is imported, and the context inside: all keywords of the import hold for all that it brings.
    pub(in crate::playbook) fn import(
        &mut self,
        statement: Statements,
        map: &Map,
        call: &Call,
        context: &Arc<Context>,
    ) -> Option<(Node, Arc<Context>)> {
        self.task_keywords(map, Place::Task, &call.name);
        let looped = map
            .iter()
            .find(|(key, _)| &***key == "loop" || key.starts_with("with_"));
        if let Some((key, entry)) = looped {
            let include = call.name.replace("import_", "include_");
            self.error(
                Diagnostic::new(format!("`{}` cannot have a loop", call.name))
                    .label(&entry.key, format!("`{key}` is known only while running"))
                    .help(format!("write `{include}`")),
            );
        }
        let target = self.target(statement, call)?;
        let inside = self.within(map, Level::Block, "vars of the import", context);
        Some((target, inside))
    }

    /// The steps of a file of tasks.
    pub(in crate::playbook) fn tasks_file(
        &mut self,
        name: &str,
        span: &Span,
        context: &Arc<Context>,
    ) -> Vec<Step> {
        self.in_file(name, "tasks", span, context, Self::steps)
    }

    /// The handlers of a file.
    pub(in crate::playbook) fn handlers_file(
        &mut self,
        name: &str,
        span: &Span,
        context: &Arc<Context>,
    ) -> Vec<Handler> {
        self.in_file(name, "handlers", span, context, Self::handler_list)
    }

    /// Finds and reads a file, guarding against files that import each other in a circle.
    pub(in crate::playbook) fn in_file<T>(
        &mut self,
        name: &str,
        kind: &str,
        span: &Span,
        context: &Arc<Context>,
        read: fn(&mut Self, &Node, &Arc<Context>) -> Vec<T>,
    ) -> Vec<T> {
        let path = search::file(name, span, search::task_files(name, kind, context));
        let Some(path) = self.take(path) else {
            return Vec::new();
        };
        if self
            .enter(&path, path.display().to_string(), span)
            .is_none()
        {
            return Vec::new();
        }
        let directory = path.parent().unwrap_or(&path).to_owned();
        let inside = if directory == context.directory {
            context.clone()
        } else {
            let mut inside = Context::clone(context);
            inside.directory = directory;
            Arc::new(inside)
        };
        let list = self.list_in(&path);
        let entries = list.map_or_else(Vec::new, |list| read(self, &list, &inside));
        self.chain.pop();
        entries
    }

    /// Begins to import a file or role; an import inside itself is a mistake.
    pub(in crate::playbook) fn enter(
        &mut self,
        path: &Path,
        name: String,
        span: &Span,
    ) -> Option<()> {
        if let Some(at) = self.chain.iter().position(|(known, _)| known == path) {
            let circle: Vec<&str> = self.chain[at..]
                .iter()
                .map(|(_, name)| &**name)
                .chain([&*name])
                .collect();
            self.error(
                Diagnostic::new(format!("imports go in a circle: {}", circle.join(" -> ")))
                    .label(span, "")
                    .help("an include ends where a condition does not hold; an import cannot"),
            );
            return None;
        }
        self.chain.push((path.to_owned(), name));
        Some(())
    }
}

//! Handlers.

use crate::{
    diagnostic::Diagnostic,
    node::{Map, Span},
    playbook::{
        Context, Handler, Meta, Statement,
        language::Place,
        reader::Reader,
        task::{Call, Statements},
    },
};
use std::sync::Arc;

impl Reader<'_> {
    /// A handler, or the handlers that an import brings.
    pub(in crate::playbook) fn handler(
        &mut self,
        map: &Map,
        span: &Span,
        call: Call,
        context: &Arc<Context>,
    ) -> Vec<Handler> {
        let statement = Statements::of(&call.name);
        let mut task = match statement {
            None => self.module_task(map, span, call, Place::Handler, context),
            Some(Statements::Meta) => {
                let mut task = self.task(map, span, &call, Place::Handler, context);
                match self.meta(&call) {
                    Some((Meta::EndRole, span)) => {
                        self.error(Diagnostic::new("a handler cannot end a role").label(&span, ""));
                    }
                    Some((meta, _)) => task.statement = Statement::Meta(meta),
                    None => {}
                }
                task
            }
            Some(Statements::ImportTasks) => {
                let Some((target, inside)) =
                    self.import(Statements::ImportTasks, map, &call, context)
                else {
                    return Vec::new();
                };
                let name = self.text(&target, &inside);
                let name = self.take(name);
                return name.map_or_else(Vec::new, |name| {
                    self.handlers_file(&name, &target.span, &inside)
                });
            }
            Some(statement @ Statements::IncludeTasks) => {
                let mut fields = map.clone();
                fields.shift_remove("listen");
                let Some(include) = self.include(statement, span, &call) else {
                    return Vec::new();
                };
                let mut task = self.task(&fields, span, &call, Place::Include, context);
                task.statement = include;
                task
            }
            Some(Statements::ImportRole | Statements::IncludeRole) => {
                self.error(
                    Diagnostic::new(format!("`{}` cannot be a handler", call.name))
                        .label(&call.span, "")
                        .help("include a file of tasks instead"),
                );
                return Vec::new();
            }
        };
        task.span = span.clone();
        vec![Handler {
            task: Arc::new(task),
            listen: self.listen(map),
        }]
    }
}

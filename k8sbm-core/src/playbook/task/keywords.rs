//! One task: its keywords put onto what it inherits.

use crate::{
    diagnostic::Diagnostic,
    node::{Kind, Map, Node, Span},
    playbook::{
        Action, Context, Statement, TaskSpec,
        language::{Place, inherit, keyword, nothing, value},
        reader::Reader,
        task::{Call, Statements},
    },
    vars::Level,
};
use std::sync::Arc;

impl Reader<'_> {
    /// A task that runs a module, or a statement of its own; `vars` says where its variables stand.
    pub(in crate::playbook) fn task(
        &mut self,
        map: &Map,
        span: &Span,
        call: &Call,
        place: Place,
        context: &Arc<Context>,
    ) -> TaskSpec {
        self.task_keywords(map, place, &call.name);
        let mut task = context
            .inherited
            .as_deref()
            .map_or_else(nothing, TaskSpec::clone);
        inherit::take_over(&mut task, map);
        let level = if place == Place::Include {
            Level::IncludeParams
        } else {
            Level::Task
        };
        task.context = self.beside(map, level, "vars of the task", context);
        let field = |name| value(map, name).cloned();
        task.name = field("name");
        task.span = span.clone();
        task.repeat = self.repeat(map);
        task.until = self.until(map);
        task.register = self.register(map);
        task.changed_when = field("changed_when");
        task.failed_when = field("failed_when");
        task.background = self.background(map);
        task.id = self.id(map);
        task.needs = self.needs(map);
        if call.local {
            self.local(&mut task, map, call);
        }
        task
    }

    /// A module's task, checked as far as that is possible while loading.
    pub(in crate::playbook) fn module_task(
        &mut self,
        map: &Map,
        span: &Span,
        call: Call,
        place: Place,
        context: &Arc<Context>,
    ) -> TaskSpec {
        let mut task = self.task(map, span, &call, place, context);
        let action = Action {
            module: call.name,
            span: call.span,
            arguments: call.arguments,
        };
        let checked = self.check_arguments(&action, &task.context);
        if self.tolerate(checked).is_some() {
            self.check_argument_templates(&action);
        }
        task.statement = Statement::Module(action);
        task
    }

    /// `local_action` acts on the controller.
    fn local(&mut self, task: &mut TaskSpec, map: &Map, call: &Call) {
        if let Some(entry) = map.get("delegate_to") {
            self.error(
                Diagnostic::new("`local_action` and `delegate_to` both say where to act")
                    .label(&entry.key, "")
                    .label(&call.span, "on the controller")
                    .help("write the module itself instead of `local_action`"),
            );
        }
        let localhost = Kind::Str("localhost".into());
        task.delegate_to = Some(Node::at(localhost, call.span.clone()));
    }

    /// Checks the keywords of a task; its module's key is none, and loops have keys of their own.
    pub(in crate::playbook) fn task_keywords(&mut self, map: &Map, place: Place, name: &str) {
        let except: Vec<&str> = map
            .keys()
            .map(|key| &**key)
            .filter(|key| {
                *key == name
                    || key.starts_with("with_")
                    || self.loader.knows(key) && !keyword::of_tasks(key)
                    || !keyword::of_tasks(key)
            })
            .collect();
        self.keywords(map, place, &except);
        if place == Place::Include || Statements::of(name).is_none() {
            return;
        }
        // Statements that are done while loading have no result.
        for key in [
            "register",
            "until",
            "retries",
            "changed_when",
            "failed_when",
            "async",
        ] {
            if let Some(entry) = map.get(key) {
                self.warn(
                    Diagnostic::new(format!("`{key}` has no effect on `{name}`"))
                        .label(&entry.key, ""),
                );
            }
        }
    }
}

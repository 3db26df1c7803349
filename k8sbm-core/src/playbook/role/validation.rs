//! The task that checks a role's arguments.

use crate::{
    node::{Entry, Kind, Node, Span},
    playbook::{Action, Context, Role, Statement, Step, TaskSpec, reader::Reader, role::RoleCall},
    vars::absolute,
};
use std::sync::Arc;

/// The module that checks variables.
pub(crate) const VALIDATE: &str = "ansible.builtin.validate_argument_spec";

impl Reader<'_> {
    /// The task that checks the role's arguments, where it says what they are.
    pub(in crate::playbook) fn validation(
        &self,
        call: &RoleCall,
        role: &Arc<Role>,
        inside: &Arc<Context>,
        inherited: &TaskSpec,
    ) -> Vec<Step> {
        let entry = call.tasks_from.as_deref().unwrap_or("main");
        let spec = role
            .argument_specs
            .as_ref()
            .and_then(|specs| specs.get(entry));
        let Some(spec) = spec.filter(|_| call.validate && self.loader.knows(VALIDATE)) else {
            return Vec::new();
        };
        let title = spec.get("short_description").and_then(Node::as_str);
        let name = match title {
            Some(title) => format!("Validating arguments against arg spec '{entry}' - {title}"),
            None => format!("Validating arguments against arg spec '{entry}'"),
        };
        let text = |text: &str| Node::at(Kind::Str(text.into()), call.span.clone());
        let path = absolute(&role.path);
        let about = [
            ("type", text("role")),
            ("name", text(&role.name)),
            ("argument_spec_name", text(entry)),
            ("path", text(&path)),
        ];
        let options = spec.get("options").cloned();
        let arguments = mapping(
            [
                (
                    "argument_spec",
                    options.unwrap_or_else(|| mapping([], &spec.span)),
                ),
                ("validate_args_context", mapping(about, &call.span)),
            ],
            &call.span,
        );
        let mut task = inherited.clone();
        task.name = Some(text(&name));
        task.span = call.span.clone();
        task.tags.insert("always".into());
        task.context = inside.clone();
        task.statement = Statement::Module(Action {
            module: VALIDATE.into(),
            span: call.span.clone(),
            arguments,
        });
        vec![Step::Task(Arc::new(task))]
    }
}

pub(in crate::playbook) fn mapping<const N: usize>(
    entries: [(&str, Node); N],
    span: &Span,
) -> Node {
    let entry = |value| Entry {
        key: span.clone(),
        value,
    };
    let map = entries.map(|(name, value)| (Arc::from(name), entry(value)));
    Node::at(Kind::Map(map.into_iter().collect()), span.clone())
}

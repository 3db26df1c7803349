//! What includes and imports name, and their options.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Node, Span},
    playbook::{
        Include, IncludeKind, Statement,
        language::{Place, unfit, value},
        reader::Reader,
        task::{Call, Statements},
    },
};

pub(in crate::playbook) const TASKS_OPTIONS: [&str; 2] = ["file", "apply"];

pub(in crate::playbook) const ROLE_OPTIONS: [&str; 11] = [
    "name",
    "role",
    "tasks_from",
    "vars_from",
    "defaults_from",
    "handlers_from",
    "apply",
    "public",
    "allow_duplicates",
    "rolespec_validate",
    "rescuable",
];

impl Reader<'_> {
    pub(in crate::playbook) fn include(
        &mut self,
        statement: Statements,
        span: &Span,
        call: &Call,
    ) -> Option<Statement> {
        let target = self.target(statement, call)?;
        let kind = match statement {
            Statements::IncludeRole => IncludeKind::Role,
            _ => IncludeKind::Tasks,
        };
        let apply = call.arguments.get("apply").filter(|apply| !apply.is_null());
        if let Some(apply) = apply {
            match apply.as_map() {
                Some(keywords) => self.keywords(keywords, Place::Block, &[]),
                None => self.error(unfit("apply", "a mapping of keywords", apply)),
            }
        }
        Some(Statement::Include(Include {
            kind,
            span: span.clone(),
            target,
            options: call.arguments.clone(),
            apply: apply.cloned(),
        }))
    }

    /// The file or role that a statement names; its options are checked, too.
    pub(in crate::playbook) fn target(
        &mut self,
        statement: Statements,
        call: &Call,
    ) -> Option<Node> {
        let arguments = call.arguments.as_map()?;
        let (options, names): (&[&str], &[&str]) = match statement {
            Statements::ImportRole | Statements::IncludeRole => (&ROLE_OPTIONS, &["name", "role"]),
            _ => (&TASKS_OPTIONS, &["file"]),
        };
        let is_import = matches!(statement, Statements::ImportRole | Statements::ImportTasks);
        let before = self.errors.len();
        for (key, entry) in arguments {
            if is_import && matches!(&**key, "apply" | "rescuable") {
                self.error(
                    Diagnostic::new(format!("`{}` takes no `{key}`", call.name))
                        .label(&entry.key, "")
                        .help("an import's own keywords hold for all that it brings"),
                );
            } else if !options.contains(&&**key) {
                let error = Diagnostic::new(format!("`{}` has no option `{key}`", call.name))
                    .label(&entry.key, "");
                self.error(match nearest(key, options.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!(
                        "keywords stand beside `{}`, and variables under `vars` there",
                        call.name
                    )),
                });
            }
        }
        let target = names.iter().find_map(|name| value(arguments, name));
        if target.is_none() && self.errors.len() == before {
            let what = names[0];
            self.error(
                Diagnostic::new(format!("`{}` says no {what}", call.name))
                    .label(&call.span, "")
                    .help(format!("write `{}: {{{what}: ...}}`", call.name)),
            );
        }
        target.cloned()
    }
}

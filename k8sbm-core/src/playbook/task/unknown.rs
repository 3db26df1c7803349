//! What to say of a task whose module cannot be found.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Entry, Map, Node, Span},
    playbook::{
        Context,
        language::{Place, foreign, keyword, value},
        reader::Reader,
        task::{Statements, arguments},
    },
};
use std::sync::Arc;

impl Reader<'_> {
    /// A key that is neither a keyword nor a module, beside one that is.
    pub(in crate::playbook) fn stray(
        &self,
        key: &str,
        span: &Span,
        (name, name_span): (&str, &Span),
        place: Place,
        map: &Map,
    ) -> Diagnostic {
        let empty = map.get(name).is_some_and(|entry| entry.value.is_null());
        let is_argument = self
            .loader
            .registry
            .get(name)
            .is_some_and(|module| arguments::names(module).any(|known| known == key));
        if empty || is_argument {
            return Diagnostic::new(format!("unknown keyword `{key}`"))
                .label(span, "")
                .label(name_span, "the module")
                .help(if is_argument {
                    format!("`{key}` is an argument of `{name}`: indent it below that")
                } else {
                    format!("indent the arguments of `{name}` below it")
                });
        }
        let error = self.misplaced(key, span, place);
        if error.help.is_some() {
            error
        } else {
            error.help(format!("the task's module is `{name}`"))
        }
    }

    /// A task without a module that is known.
    pub(in crate::playbook) fn no_module(
        &self,
        candidates: &[(&Arc<str>, &Entry)],
        map: &Map,
        span: &Span,
        context: &Context,
    ) -> Diagnostic {
        for (key, entry) in candidates {
            match &***key {
                "include" | "ansible.builtin.include" => {
                    return Diagnostic::new("`include` was removed from the language")
                        .label(&entry.key, "")
                        .help("write `include_tasks` (while running) or `import_tasks` (while loading)");
                }
                "hosts" | "import_playbook" | "ansible.builtin.import_playbook" => {
                    return Diagnostic::new("this is a play, where a task is expected")
                        .label(&entry.key, "")
                        .help(
                            "import the file it stands in with `import_playbook` from a playbook",
                        );
                }
                _ => {}
            }
        }
        // A misspelt keyword beside an unknown module is the lesser mistake.
        let module = candidates
            .iter()
            .find(|(key, _)| nearest_keyword(key).is_none())
            .or(candidates.first());
        match module {
            Some((name, entry)) => self.unknown_module(name, &entry.key, context),
            None => {
                let what = value(map, "name").and_then(Node::to_text).map_or_else(
                    || "this task".to_owned(),
                    |name| format!("the task `{name}`"),
                );
                Diagnostic::new(format!("{what} names no module"))
                    .label(&span.first_line(), "")
                    .help("a task needs one key that says what to do, such as `command`")
            }
        }
    }

    /// A module that there is not.
    pub(in crate::playbook) fn unknown_module(
        &self,
        name: &str,
        span: &Span,
        context: &Context,
    ) -> Diagnostic {
        let error = Diagnostic::new(format!("unknown module `{name}`")).label(span, "");
        let registry = &self.loader.registry;
        let statements = Statements::NAMES.iter().copied();
        let near = registry
            .nearest(name)
            .or_else(|| nearest(name, statements))
            .or_else(|| {
                registry
                    .get(name.rsplit('.').next()?)
                    .map(|module| module.name)
            });
        if let Some(near) = near {
            return error.help(format!("did you mean `{near}`?"));
        }
        if let Some(near) = nearest_keyword(name) {
            return error.help(format!("did you mean the keyword `{near}`?"));
        }
        let short = name.rsplit('.').next().unwrap_or(name);
        let places = [
            Some(&context.playbook),
            context.role.as_ref().map(|role| &role.path),
        ];
        for place in places.into_iter().flatten() {
            let file = place.join("library").join(format!("{short}.py"));
            if file.is_file() {
                return error
                    .note(format!("{} is a module in Python", file.display()))
                    .help("modules in Python cannot be run; see docs/differences-from-ansible.md");
            }
        }
        match foreign::origin(name) {
            Some(origin) => error.help(format!(
                "it is a module of {origin} that k8sbm does not have; see docs/differences-from-ansible.md"
            )),
            None => error,
        }
    }
}

fn nearest_keyword(name: &str) -> Option<&'static str> {
    nearest(
        name,
        keyword::on(Place::Handler).map(|keyword| keyword.name),
    )
}

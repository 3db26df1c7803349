//! Statements of the language: imports, includes and `meta`.

use super::{
    Block, Context, Handler, Include, IncludeKind, Meta, Statement, Step,
    action::{Call, FREE_FORM, Statements},
    inherit::value,
    keyword::Place,
    reader::Reader,
    role::RoleCall,
    search,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Map, Node, Span},
    vars::Level,
};
use std::sync::Arc;

const TASKS_OPTIONS: [&str; 2] = ["file", "apply"];
const ROLE_OPTIONS: [&str; 11] = [
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
const META: [(&str, Meta); 10] = [
    ("flush_handlers", Meta::FlushHandlers),
    ("refresh_inventory", Meta::RefreshInventory),
    ("noop", Meta::Noop),
    ("clear_facts", Meta::ClearFacts),
    ("clear_host_errors", Meta::ClearHostErrors),
    ("end_play", Meta::EndPlay),
    ("end_host", Meta::EndHost),
    ("end_batch", Meta::EndBatch),
    ("end_role", Meta::EndRole),
    ("reset_connection", Meta::ResetConnection),
];

impl Reader<'_> {
    /// The steps that a statement stands for: those that it imports, or itself.
    pub(super) fn statement(
        &mut self,
        statement: Statements,
        map: &Map,
        span: &Span,
        call: Call,
        context: &Arc<Context>,
    ) -> Vec<Step> {
        match statement {
            Statements::Meta => {
                let mut task = self.task(map, span, &call, Place::Task, context);
                let Some(meta) = self.meta(&call, context) else {
                    return Vec::new();
                };
                task.statement = Statement::Meta(meta);
                vec![Step::Task(Arc::new(task))]
            }
            Statements::IncludeTasks | Statements::IncludeRole => self
                .include(statement, map, span, &call, context)
                .map(|statement| {
                    let mut task = self.task(map, span, &call, Place::Include, context);
                    task.statement = statement;
                    Step::Task(Arc::new(task))
                })
                .into_iter()
                .collect(),
            Statements::ImportTasks => {
                let Some((target, inside)) = self.import(statement, map, &call, context) else {
                    return Vec::new();
                };
                let name = self.text(&target, &inside);
                let Some(name) = self.take(name) else {
                    return Vec::new();
                };
                let steps = self.tasks_file(&name, &target.span, &inside);
                self.grouped(map, span, steps)
            }
            Statements::ImportRole => {
                let Some((target, inside)) = self.import(statement, map, &call, context) else {
                    return Vec::new();
                };
                let name = self.text(&target, &inside);
                let Some(name) = self.take(name) else {
                    return Vec::new();
                };
                let role = RoleCall::imported(&name, &target.span, &call.arguments);
                let steps = self
                    .role(&role, &inside)
                    .map_or_else(Vec::new, |role| role.1);
                self.grouped(map, span, steps)
            }
        }
    }

    /// A handler, or the handlers that an import brings.
    pub(super) fn handler(
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
                match self.meta(&call, context) {
                    Some(Meta::EndRole) => {
                        self.error(
                            Diagnostic::new("a handler cannot end a role").label(&call.span, ""),
                        );
                    }
                    Some(meta) => task.statement = Statement::Meta(meta),
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
                let Some(include) = self.include(statement, &fields, span, &call, context) else {
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

    /// The steps of a file of tasks.
    pub(super) fn tasks_file(
        &mut self,
        name: &str,
        span: &Span,
        context: &Arc<Context>,
    ) -> Vec<Step> {
        self.in_file(name, "tasks", span, context, Self::steps)
    }

    /// The handlers of a file.
    pub(super) fn handlers_file(
        &mut self,
        name: &str,
        span: &Span,
        context: &Arc<Context>,
    ) -> Vec<Handler> {
        self.in_file(name, "handlers", span, context, Self::handler_list)
    }

    /// Finds and reads a file, guarding against files that import each other in a circle.
    fn in_file<T>(
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
        if self.enter(&path, span).is_none() {
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
    pub(super) fn enter(&mut self, path: &std::path::Path, span: &Span) -> Option<()> {
        if let Some(at) = self.chain.iter().position(|known| known == path) {
            let circle: Vec<String> = self.chain[at..]
                .iter()
                .map(|path| path.as_path())
                .chain([path])
                .map(|path| format!("`{}`", path.display()))
                .collect();
            self.error(
                Diagnostic::new(format!("imports go in a circle: {}", circle.join(" -> ")))
                    .label(span, "")
                    .help("an include ends, where a condition does not hold; an import cannot"),
            );
            return None;
        }
        self.chain.push(path.to_owned());
        Some(())
    }

    /// What is imported, and the context inside: all keywords of the import hold for all that it brings.
    fn import(
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

    fn include(
        &mut self,
        statement: Statements,
        _map: &Map,
        span: &Span,
        call: &Call,
        _context: &Arc<Context>,
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
                None => self.error(super::shape::unfit("apply", "a mapping of keywords", apply)),
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
    fn target(&mut self, statement: Statements, call: &Call) -> Option<Node> {
        let arguments = call.arguments.as_map()?;
        let (options, names): (&[&str], &[&str]) = match statement {
            Statements::ImportRole | Statements::IncludeRole => (&ROLE_OPTIONS, &["name", "role"]),
            _ => (&TASKS_OPTIONS, &["file"]),
        };
        let is_import = matches!(statement, Statements::ImportRole | Statements::ImportTasks);
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
                    None if super::keyword::of_tasks(key) => error.help(format!(
                        "`{key}` is a keyword: it stands beside `{}`, not below it",
                        call.name
                    )),
                    None => error.help("variables are given under `vars`, beside it"),
                });
            }
        }
        let target = names.iter().find_map(|name| value(arguments, name));
        if target.is_none() {
            let what = names[0];
            self.error(
                Diagnostic::new(format!("`{}` says no {what}", call.name))
                    .label(&call.span, "")
                    .help(format!("write `{}: {{{what}: ...}}`", call.name)),
            );
        }
        target.cloned()
    }

    fn meta(&mut self, call: &Call, context: &Context) -> Option<Meta> {
        let word = call.arguments.get(FREE_FORM);
        let text = word.and_then(Node::as_str).unwrap_or_default();
        let found = META.iter().find(|(name, _)| *name == text);
        if let Some((_, meta)) = found {
            if *meta == Meta::EndRole && context.role.is_none() {
                let span = word.map_or(&call.span, |word| &word.span);
                self.error(Diagnostic::new("`end_role` stands outside of a role").label(span, ""));
            }
            return Some(*meta);
        }
        let names = META.iter().map(|(name, _)| *name);
        let span = word.map_or(&call.span, |word| &word.span);
        let error = match text {
            "" => Diagnostic::new("`meta` says nothing to do"),
            text => Diagnostic::new(format!("`meta` cannot do `{text}`")),
        };
        let error = error.label(span, "");
        self.error(match nearest(text, names.clone()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!(
                "it can do: {}",
                names.collect::<Vec<_>>().join(", ")
            )),
        });
        None
    }

    /// Imported steps, as a block where others can need them.
    fn grouped(&mut self, map: &Map, span: &Span, steps: Vec<Step>) -> Vec<Step> {
        if !map.contains_key("id") && !map.contains_key("needs") {
            return steps;
        }
        vec![Step::Block(Arc::new(Block {
            name: value(map, "name").cloned(),
            span: span.clone(),
            id: self.id(map),
            needs: self.needs(map),
            block: steps,
            rescue: Vec::new(),
            always: Vec::new(),
            role: None,
        }))]
    }
}

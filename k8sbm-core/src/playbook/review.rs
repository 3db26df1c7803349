//! What can be said of playbooks without a host, beyond that they load: what is wrong in the files that their tasks
//! include by name, and what is there for nothing.

use super::{Handler, Include, IncludeKind, Loader, Playbook, Role, Statement, TaskSpec, walk};
use crate::{
    diagnostic::Diagnostic,
    node::{Node, Span},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What playbooks were found to be, over all that was looked at.
#[derive(Debug, Default)]
pub struct Review {
    /// What would fail when a run gets there.
    pub mistakes: Vec<Diagnostic>,
    /// What is there for nothing, and what loading warned of.
    pub warnings: Vec<Diagnostic>,
    /// Includes that were looked into, by their places.
    seen: BTreeSet<Place>,
    /// Handlers by their places, and whether something notifies them.
    handlers: BTreeMap<Place, (Span, bool)>,
    /// Whether a template names handlers: then nobody knows which.
    templates_notify: bool,
    roles: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
}

impl Review {
    /// Looks at a playbook and at all it includes by names that are no templates.
    pub fn playbook(&mut self, loader: &Loader, playbook: &Playbook) {
        self.warnings.extend(playbook.warnings.iter().cloned());
        for play in &playbook.plays {
            let mut handlers: Vec<Handler> = play.handlers.clone();
            let mut notified = BTreeSet::new();
            for task in play.tasks() {
                self.task(loader, task, &mut handlers, &mut notified);
            }
            for role in &play.roles {
                self.role(role);
            }
            for handler in play.handlers.clone() {
                self.task(loader, &handler.task, &mut handlers, &mut notified);
            }
            for handler in &handlers {
                self.handler(handler, &notified);
            }
        }
    }

    /// Whether tasks of this file were among what was looked at.
    pub fn has_seen(&self, file: &Path) -> bool {
        fs::canonicalize(file).is_ok_and(|file| self.files.contains(&file))
    }

    /// What is known once all playbooks were looked at: the mistakes and the warnings, each told once.
    pub fn finish(mut self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        if !self.templates_notify {
            let idle = self.handlers.into_values().filter(|(_, used)| !used);
            self.warnings.extend(idle.map(|(span, _)| {
                Diagnostic::new("nothing notifies this handler").label(&span.first_line(), "")
            }));
        }
        (once(self.mistakes), once(self.warnings))
    }

    fn task(
        &mut self,
        loader: &Loader,
        task: &TaskSpec,
        handlers: &mut Vec<Handler>,
        notified: &mut BTreeSet<String>,
    ) {
        if let Some(source) = task.span.source() {
            self.files.extend(fs::canonicalize(&source.name));
        }
        for name in &task.notify {
            match name.as_str() {
                Some(text) if !name.is_template() => {
                    notified.insert(text.to_owned());
                }
                _ => self.templates_notify = true,
            }
        }
        let Statement::Include(include) = &task.statement else {
            return;
        };
        let known = !include.target.is_template() && include.options.is_plain();
        if !known || !self.seen.insert(place(&include.target.span)) {
            return;
        }
        match bring_in(loader, task, include) {
            Err(mistakes) => self.mistakes.extend(mistakes),
            Ok(brought) => {
                self.warnings.extend(brought.warnings);
                if let Some(role) = &brought.role {
                    self.role(role);
                }
                handlers.extend(brought.handlers.iter().cloned());
                for handler in &brought.handlers {
                    self.task(loader, &handler.task, handlers, notified);
                }
                for task in walk::tasks(&brought.steps) {
                    self.task(loader, task, handlers, notified);
                }
            }
        }
    }

    fn handler(&mut self, handler: &Handler, notified: &BTreeSet<String>) {
        let name = handler.task.name.as_ref();
        if name.is_some_and(Node::is_template) {
            return;
        }
        let own = name.and_then(Node::to_text);
        let role = handler.task.context.role.as_ref();
        let called = own
            .into_iter()
            .chain(handler.listen.iter().map(ToString::to_string))
            .any(|name| {
                let of_role = role.map(|role| format!("{} : {name}", role.name));
                notified.contains(&name) || of_role.is_some_and(|name| notified.contains(&name))
            });
        let span = &handler.task.span;
        let known = self.handlers.entry(place(span));
        known.or_insert((span.clone(), false)).1 |= called;
    }

    /// A default that the role's own vars always win over.
    fn role(&mut self, role: &Arc<Role>) {
        if !self.roles.insert(role.path.clone()) {
            return;
        }
        let within = |span: &Span| {
            let source = span.source();
            source.is_some_and(|source| Path::new(&*source.name).starts_with(&role.path))
        };
        for (name, default) in role.defaults.iter().flat_map(|layer| &layer.vars) {
            let over = role.vars.iter().find_map(|layer| layer.vars.get(name));
            if let Some(over) = over.filter(|over| within(&default.span) && within(&over.span)) {
                self.warnings.push(
                    Diagnostic::new(format!("the default of `{name}` never counts"))
                        .label(&default.span, "")
                        .label(&over.span, "the role's own vars win over it"),
                );
            }
        }
    }
}

/// A file, whatever way led to it, and where in it.
type Place = (PathBuf, usize);

fn place(span: &Span) -> Place {
    let name = span.source().map_or("", |source| &*source.name);
    let file = fs::canonicalize(name).unwrap_or_else(|_| name.into());
    (file, span.range().start)
}

/// What an include brings.
struct Brought {
    role: Option<Arc<Role>>,
    steps: Vec<super::Step>,
    handlers: Vec<Handler>,
    warnings: Vec<Diagnostic>,
}

fn bring_in(
    loader: &Loader,
    task: &TaskSpec,
    include: &Include,
) -> Result<Brought, Vec<Diagnostic>> {
    let (target, context) = (include.target.to_text().unwrap_or_default(), &task.context);
    match include.kind {
        IncludeKind::Tasks => {
            let included = loader.tasks(include, &target, context, &[])?;
            Ok(Brought {
                role: None,
                steps: included.steps,
                handlers: included.handlers,
                warnings: included.warnings,
            })
        }
        IncludeKind::Role => {
            let included = loader.role(include, &target, &include.options, context, &[])?;
            Ok(Brought {
                role: Some(included.role),
                steps: included.steps,
                handlers: included.handlers,
                warnings: included.warnings,
            })
        }
    }
}

/// Several playbooks often share what is wrong.
fn once(all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut all = super::reader::in_order(all);
    all.retain(|said| told.insert((said.span().map(place), said.message.clone())));
    all
}

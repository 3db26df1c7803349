//! What reading one playbook, or one include, gathers on its way.

use super::{
    Context, Handler, Include, Loader, PlaybookImport, Role, TaskSpec,
    language::{Keyword, Place, Shape, inherit, items, keyword, nothing, value},
    reserved,
    role::Identity,
    tags,
    task::module_defaults,
    variables,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Map, Node, Source, Span},
    vars::{Layer, Level},
};
use std::{path::PathBuf, sync::Arc};

/// Reads a playbook: mistakes are gathered, so that all are shown at once.
pub(super) struct Reader<'a> {
    pub(super) loader: &'a Loader,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    /// The files and roles that are being imported, outermost first.
    pub(super) chain: Vec<(PathBuf, String)>,
    /// Handlers of roles.
    pub(super) handlers: Vec<Handler>,
    /// The roles whose variables all of the play sees, as far as they are known.
    pub(super) exported: Vec<Arc<Role>>,
    /// Those that were found since.
    pub(super) found: Vec<Arc<Role>>,
    /// The roles of the play that ran already, by what makes them equal.
    pub(super) ran: Vec<Identity>,
    /// The imports with `id` or `needs` that are being read, outermost first.
    pub(super) imports: Vec<Arc<PlaybookImport>>,
    /// Layers of `vars_files`, for names of imports.
    pub(super) files: Vec<Arc<Layer>>,
    /// Whether the playbook deals with a failure of what is being read: its mistakes are failures then.
    pub(super) expects_failure: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(loader: &'a Loader) -> Self {
        Self {
            loader,
            errors: Vec::new(),
            warnings: Vec::new(),
            chain: Vec::new(),
            handlers: Vec::new(),
            exported: Vec::new(),
            found: Vec::new(),
            ran: Vec::new(),
            imports: Vec::new(),
            files: Vec::new(),
            expects_failure: false,
        }
    }

    /// Notes a mistake.
    pub(super) fn error(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    /// Notes the mistake of a result, if it is one.
    pub(super) fn take<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    /// Notes a mistake that only shows where the task is run, if the playbook deals with its failure.
    pub(super) fn tolerate<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        match result {
            Err(error) if self.expects_failure => {
                self.warn(error.note("the task fails with this when it runs"));
                None
            }
            result => self.take(result),
        }
    }

    /// Says something the user should know, once for each place.
    pub(super) fn warn(&mut self, warning: Diagnostic) {
        let said =
            |known: &Diagnostic| known.message == warning.message && known.span() == warning.span();
        if !self.warnings.iter().any(said) {
            self.warnings.push(warning);
        }
    }

    /// The mistakes, each once: what is imported twice is read twice.
    pub(super) fn into_errors(self) -> Vec<Diagnostic> {
        let mut errors: Vec<Diagnostic> = Vec::new();
        for error in self.errors {
            let same =
                |known: &Diagnostic| known.message == error.message && known.span() == error.span();
            if !errors.iter().any(same) {
                errors.push(error);
            }
        }
        in_order(errors)
    }

    /// The result, if nothing was wrong.
    pub(super) fn finish<T>(
        mut self,
        result: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, Vec<Diagnostic>> {
        if self.errors.is_empty() {
            Ok(result(&mut self))
        } else {
            Err(self.into_errors())
        }
    }

    /// Checks that all keys are keywords of this place and that their values fit; `except` are keys read elsewhere.
    pub(super) fn keywords(&mut self, map: &Map, place: Place, except: &[&str]) {
        for (key, entry) in map {
            if except.contains(&&**key) {
                continue;
            }
            let known = keyword::find(key).filter(|keyword| keyword.on.contains(&place));
            match known {
                Some(_) if entry.value.is_null() => {}
                Some(keyword) => {
                    let fits = keyword.takes.check(key, &entry.value);
                    if keyword.takes == Shape::Tags
                        && let Some(warning) = tags::reserved(&entry.value)
                    {
                        self.warn(warning);
                    }
                    if self.tolerate(fits).is_some() {
                        self.check_templates(keyword.takes, &entry.value);
                    }
                }
                None => {
                    let error = self.misplaced(key, &entry.key, place);
                    self.error(error);
                }
            }
        }
        if let Some(entry) = map.get("debugger") {
            self.error(
                Diagnostic::new("`debugger` is not supported")
                    .label(&entry.key, "")
                    .help("see docs/differences-from-ansible.md"),
            );
        }
    }

    /// A key that is no keyword of this place.
    pub(super) fn misplaced(&self, key: &str, span: &Span, place: Place) -> Diagnostic {
        if let Some(keyword) = keyword::find(key) {
            return Diagnostic::new(format!("`{key}` cannot stand on {}", place.describe()))
                .label(span, "")
                .help(elsewhere(keyword, place));
        }
        let error = Diagnostic::new(format!("unknown keyword `{key}`")).label(span, "");
        let names = keyword::on(place).map(|keyword| keyword.name);
        match (nearest(key, names), removed(key)) {
            (_, Some(instead)) => error.help(instead),
            (Some(near), _) => error.help(format!("did you mean `{near}`?")),
            _ if self.loader.knows(key) && place == Place::Play => {
                error.help(format!("`{key}` is a task: put it under `tasks`"))
            }
            _ => match nearest(key, keyword::KEYWORDS.iter().map(|keyword| keyword.name)) {
                Some(near) => {
                    let elsewhere = keyword::find(near).map_or_else(String::new, places);
                    error.help(format!(
                        "did you mean `{near}`? It can stand on {elsewhere}"
                    ))
                }
                None => error,
            },
        }
    }

    /// The context inside a play, role or block: its keywords, variables and defaults put onto those around it.
    pub(super) fn within(
        &mut self,
        map: &Map,
        level: Level,
        label: &str,
        around: &Arc<Context>,
    ) -> Arc<Context> {
        let mut inherited = around
            .inherited
            .as_deref()
            .map_or_else(nothing, TaskSpec::clone);
        inherit::take_over(&mut inherited, map);
        let mut inside = Context::clone(around);
        inside.inherited = Some(Arc::new(inherited));
        self.variables(map, level, label, &mut inside);
        Arc::new(inside)
    }

    /// The context of a task: its variables and defaults put onto those around it.
    pub(super) fn beside(
        &mut self,
        map: &Map,
        level: Level,
        label: &str,
        around: &Arc<Context>,
    ) -> Arc<Context> {
        if value(map, "vars").is_none() && value(map, "module_defaults").is_none() {
            return around.clone();
        }
        let mut own = Context::clone(around);
        self.variables(map, level, label, &mut own);
        Arc::new(own)
    }

    /// The layer of a `vars` keyword.
    pub(super) fn vars(&mut self, vars: &Node, level: Level, label: &str) -> Option<Arc<Layer>> {
        let layer = self.take(variables::of_keyword(vars, level, label))?;
        reserved(&layer).for_each(|warning| self.warn(warning));
        Some(Arc::new(layer))
    }

    fn variables(&mut self, map: &Map, level: Level, label: &str, context: &mut Context) {
        if let Some(vars) = value(map, "vars")
            && let Some(layer) = self.vars(vars, level, label)
            && !layer.vars.is_empty()
        {
            variables::put(&mut context.layers, layer);
        }
        if let Some(collections) = value(map, "collections") {
            let names = items(collections).iter().filter_map(Node::as_str);
            context.collections = names.map(Arc::from).collect();
        }
        if let Some(defaults) = value(map, "module_defaults") {
            let checked = module_defaults::check(defaults, &self.loader.registry);
            self.take(checked);
            context
                .module_defaults
                .extend(items(defaults).iter().cloned());
        }
    }

    /// The context of what an include brings: that of the include, and its `apply`.
    pub(super) fn included(
        &mut self,
        include: &Include,
        context: &Arc<Context>,
        more: &[Arc<Layer>],
    ) -> Arc<Context> {
        let mut inside = Context::clone(context);
        for layer in more {
            variables::put(&mut inside.layers, layer.clone());
        }
        let inside = Arc::new(inside);
        match include.apply.as_ref().and_then(|apply| apply.as_map()) {
            Some(apply) => self.within(apply, Level::Block, "vars of apply", &inside),
            None => inside,
        }
    }
}

/// File by file as they were come upon, and each from its beginning to its end.
pub(super) fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut files: Vec<Arc<Source>> = Vec::new();
    for source in diagnostics.iter().filter_map(|said| said.span()?.source()) {
        if !files.iter().any(|file| Arc::ptr_eq(file, source)) {
            files.push(source.clone());
        }
    }
    diagnostics.sort_by_key(|said| {
        let span = said.span();
        let file = span
            .and_then(|span| span.source())
            .and_then(|source| files.iter().position(|file| Arc::ptr_eq(file, source)));
        (file, span.map_or(0, |span| span.range().start))
    });
    diagnostics
}

/// Where else a keyword can stand.
fn elsewhere(keyword: &Keyword, place: Place) -> String {
    match (keyword.name, place) {
        ("loop" | "loop_control", Place::Block) => {
            "put the block into a file of its own, and loop over `include_tasks`".to_owned()
        }
        (key, Place::Include) => {
            format!("for all that is included, put it under `apply: {{{key}: ...}}`")
        }
        _ => format!("it can stand on {}", places(keyword)),
    }
}

fn places(keyword: &Keyword) -> String {
    let mut names: Vec<&str> = keyword.on.iter().map(|place| place.describe()).collect();
    match (names.pop(), names.join(", ")) {
        (Some(last), others) if !others.is_empty() => format!("{others} or {last}"),
        (last, _) => last.unwrap_or_default().to_owned(),
    }
}

/// What to write instead of keywords that Ansible had once.
fn removed(key: &str) -> Option<&'static str> {
    Some(match key {
        "sudo" | "su" => "it was replaced by `become: true`",
        "sudo_user" | "su_user" => "it was replaced by `become_user`",
        "sudo_pass" | "su_pass" => "give the password with `--ask-become-pass`",
        "always_run" => "it was replaced by `check_mode: false`",
        "static" => "write `import_tasks` for yes, `include_tasks` for no",
        "first_available_file" => "write `loop: \"{{ query('first_found', files) }}\"`",
        "accelerate" | "accelerate_port" => "connections are kept open already",
        "include" => "write `import_playbook`",
        _ => return None,
    })
}

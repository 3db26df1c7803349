//! The loader: from the path of a playbook to its plays, and from an include to its steps.

use super::{
    Context, Handler, Include, Playbook, Role, Step,
    files::Files,
    reader::{Reader, in_order},
    role::RoleCall,
    search,
    task::Statements,
};
use crate::{
    diagnostic::Diagnostic,
    node::{Node, Reading, Source, Span},
    task::Registry,
    template::Engine,
    vars::{HostVars, Layer, Level, Store},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Loads playbooks, and what is included while they run. Files are read once.
#[derive(Debug)]
pub struct Loader {
    /// The modules that tasks can name.
    pub registry: Arc<Registry>,
    /// What renders the names of imported files and roles.
    pub engine: Arc<Engine>,
    /// Directories where roles are looked for, after `roles/` beside the playbook.
    pub roles_path: Vec<PathBuf>,
    /// Directories that hold `ansible_collections/`.
    pub collections_path: Vec<PathBuf>,
    /// The variables that names of imports can use beside those of the play.
    pub(super) store: Arc<Store>,
    /// A host with nothing of its own, for rendering those names.
    pub(super) nobody: Arc<HostVars>,
    pub(super) files: Files,
}

/// What including a role brings.
#[derive(Debug)]
pub struct IncludedRole {
    /// The role.
    pub role: Arc<Role>,
    /// Its steps and, before them, those of the roles it depends on.
    pub steps: Vec<Step>,
    /// The handlers of all of them.
    pub handlers: Vec<Handler>,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
}

/// What including a file of tasks brings.
#[derive(Debug)]
pub struct IncludedTasks {
    /// The steps.
    pub steps: Vec<Step>,
    /// Handlers of roles that the file imports.
    pub handlers: Vec<Handler>,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
}

impl Loader {
    /// A loader that looks for roles beside the playbook only.
    pub fn new(registry: Arc<Registry>, engine: Arc<Engine>, extra: Arc<Layer>) -> Self {
        Self {
            store: Arc::new(Store::new(engine.clone(), extra)),
            nobody: Arc::new(HostVars::new("localhost", Arc::new([]), Arc::new([]))),
            registry,
            files: Files::new(Reading::default()),
            engine,
            roles_path: Vec::new(),
            collections_path: Vec::new(),
        }
    }

    /// The same loader, reading files in this way.
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.files = Files::new(reading);
        self
    }

    /// The same loader, looking for roles in these directories, too.
    #[must_use]
    pub fn with_roles_path(mut self, directories: Vec<PathBuf>) -> Self {
        self.roles_path = directories;
        self
    }

    /// The same loader, looking for collections in these directories.
    #[must_use]
    pub fn with_collections_path(mut self, directories: Vec<PathBuf>) -> Self {
        self.collections_path = directories;
        self
    }

    /// Loads a playbook with all its imports.
    ///
    /// # Errors
    /// All mistakes that can be told apart, each with its place.
    pub fn playbook(&self, path: &Path) -> Result<Playbook, Vec<Diagnostic>> {
        let mut reader = Reader::new(self);
        let plays = reader.playbook(path);
        reader.warnings.extend(self.engine.take_warnings());
        reader.errors.extend(super::order::mistakes(&plays));
        if reader.errors.is_empty() {
            Ok(Playbook {
                plays,
                warnings: in_order(reader.warnings),
            })
        } else {
            Err(reader.into_errors())
        }
    }

    /// Loads a playbook that stands in no file, such as one made of a command line.
    ///
    /// # Errors
    /// All mistakes that can be told apart, each with its place.
    pub fn playbook_text(&self, source: &Arc<Source>) -> Result<Playbook, Vec<Diagnostic>> {
        let path = self.files.put(source);
        self.playbook(&path)
    }

    /// Loads the file of an `include_tasks`; `target` is its rendered name, `context` that of the including task.
    ///
    /// `more` are layers that only this inclusion has, such as its loop variable.
    ///
    /// # Errors
    /// When there is no such file, or with the mistakes in it.
    pub fn tasks(
        &self,
        include: &Include,
        target: &str,
        context: &Arc<Context>,
        more: &[Arc<Layer>],
    ) -> Result<IncludedTasks, Vec<Diagnostic>> {
        let mut reader = Reader::new(self);
        let context = reader.included(include, context, more);
        let steps = reader.tasks_file(target, &include.target.span, &context);
        reader.finish(|reader| IncludedTasks {
            steps,
            handlers: std::mem::take(&mut reader.handlers),
            warnings: std::mem::take(&mut reader.warnings),
        })
    }

    /// Looks whether the file of an `include_tasks` is there.
    ///
    /// # Errors
    /// Names the places that were searched.
    pub fn find_tasks(
        &self,
        target: &str,
        span: &Span,
        context: &Context,
    ) -> Result<(), Diagnostic> {
        search::file(target, span, search::task_files(target, "tasks", context)).map(|_| ())
    }

    /// Loads the file of an `include_tasks` that is a handler: each of its tasks is a handler.
    ///
    /// # Errors
    /// When there is no such file, or with the mistakes in it.
    pub fn handlers(
        &self,
        include: &Include,
        target: &str,
        context: &Arc<Context>,
        more: &[Arc<Layer>],
    ) -> Result<Vec<Handler>, Vec<Diagnostic>> {
        let mut reader = Reader::new(self);
        let context = reader.included(include, context, more);
        let handlers = reader.handlers_file(target, &include.target.span, &context);
        reader.finish(|_| handlers)
    }

    /// Loads the role of an `include_role`; `name` and `options` are rendered.
    ///
    /// # Errors
    /// When there is no such role, or with the mistakes in it.
    pub fn role(
        &self,
        include: &Include,
        name: &str,
        options: &Node,
        context: &Arc<Context>,
        more: &[Arc<Layer>],
    ) -> Result<IncludedRole, Vec<Diagnostic>> {
        let mut reader = Reader::new(self);
        let context = reader.included(include, context, more);
        let call = RoleCall::included(name, &include.target.span, options);
        let Some((role, steps)) = reader.role(&call, &context) else {
            return Err(reader.into_errors());
        };
        reader.finish(|reader| IncludedRole {
            role,
            steps,
            handlers: std::mem::take(&mut reader.handlers),
            warnings: std::mem::take(&mut reader.warnings),
        })
    }

    /// Reads a file of variables: a mapping, or a list of mappings; an encrypted file is opened.
    ///
    /// # Errors
    /// When it cannot be read, or holds something else.
    pub fn vars_file(&self, path: &Path, level: Level) -> Result<Arc<Layer>, Diagnostic> {
        self.files.layer(path, level)
    }

    /// Finds a file of `vars_files`: in `vars/` beside the playbook, then beside it.
    pub fn find_vars_file(&self, playbook: &Path, name: &str) -> Option<PathBuf> {
        let places = [playbook.join("vars").join(name), playbook.join(name)];
        places.into_iter().find(|path| path.is_file())
    }

    /// Whether a name is that of a module, or of a statement such as `include_tasks`.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.registry.get(name).is_some() || Statements::of(name).is_some()
    }
}

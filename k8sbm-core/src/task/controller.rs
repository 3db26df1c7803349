//! What a task may ask of the machine that k8sbm runs on.

use super::{Error, Result};
use crate::host::{Command, Host, Machine};
use crate::vars::Survey;
use serde_json::Value as Json;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where a relative path is looked for: the role's folder of that kind, then the playbook's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSearch {
    /// `files/`
    Files,
    /// `templates/`
    Templates,
    /// `vars/`
    Vars,
}

/// How the text of a template file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateOptions {
    /// Whether the newline after a block is removed.
    pub trim_blocks: bool,
    /// Whether white space before a block is removed.
    pub lstrip_blocks: bool,
    /// What ends a line in the result.
    pub newline_sequence: String,
    /// What opens and closes a variable.
    pub variable: (String, String),
    /// What opens and closes a block.
    pub block: (String, String),
    /// What opens and closes a comment.
    pub comment: (String, String),
}

impl Default for TemplateOptions {
    fn default() -> Self {
        let pair = |open: &str, close: &str| (open.to_owned(), close.to_owned());
        Self {
            trim_blocks: true,
            lstrip_blocks: false,
            newline_sequence: "\n".into(),
            variable: pair("{{", "}}"),
            block: pair("{%", "%}"),
            comment: pair("{#", "#}"),
        }
    }
}

/// What a task may know of a file of the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalStat {
    /// Permission bits (`0o644`).
    pub mode: u32,
    /// Whether it is a directory.
    pub directory: bool,
}

/// The machine that k8sbm runs on, as one task on one host sees it.
pub trait Controller: Send + Sync {
    /// Finds a file by the name a playbook gives it.
    ///
    /// # Errors
    /// Names the places that were searched.
    fn find(&self, kind: FileSearch, name: &str) -> Result<PathBuf>;

    /// Reads a file; an encrypted one is opened.
    ///
    /// # Errors
    /// When it cannot be read or opened.
    fn read(&self, path: &Path) -> Result<Vec<u8>>;

    /// Reads a file as it is: an encrypted one stays sealed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_sealed(&self, path: &Path) -> Result<Vec<u8>>;

    /// What stands at a path, looking through symbolic links.
    ///
    /// # Errors
    /// When it cannot be looked at.
    fn stat(&self, path: &Path) -> Result<LocalStat>;

    /// Where a symbolic link points; nothing for what is no link.
    ///
    /// # Errors
    /// When it cannot be looked at.
    fn link(&self, path: &Path) -> Result<Option<String>>;

    /// The files below a directory, relative to it and sorted; directories end with `/`.
    ///
    /// # Errors
    /// When it cannot be read.
    fn walk(&self, directory: &Path) -> Result<Vec<String>>;

    /// Writes a file beside its target and renames it; its directories are made.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&self, path: &Path, content: &[u8]) -> Result<()>;

    /// Writes a file that nobody else shall read: for its owner alone, and sealed where a vault password is known.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_secret(&self, path: &Path, content: &[u8]) -> Result<()> {
        self.write(path, content)
    }

    /// Renders a template file with the variables of the task's host, and with `known` ones before them.
    ///
    /// # Errors
    /// With the place in the template.
    fn render(
        &self,
        path: &Path,
        options: &TemplateOptions,
        known: &[(&str, &str)],
    ) -> Result<String>;

    /// Reads YAML or JSON variables from a file, with templates in them left as they are.
    ///
    /// # Errors
    /// With the place in the file.
    fn variables(&self, path: &Path) -> Result<Json>;

    /// The value of one of the host's variables, if it has it.
    fn variable(&self, name: &str) -> Option<Json>;

    /// Whether the task acts on a host that it was delegated to.
    fn is_delegated(&self) -> bool {
        false
    }

    /// The variables of all hosts, for judging the inventory as a whole.
    fn survey(&self) -> Option<Survey> {
        None
    }

    /// The directory for what may be fetched again, if there is one.
    fn cache(&self) -> Option<PathBuf> {
        None
    }

    /// Shows a prompt and reads a line, if somebody is there to answer.
    ///
    /// # Errors
    /// When nobody is there.
    fn ask(&self, prompt: &str, echo: bool) -> Result<String>;

    /// Another host, by its name in the inventory, as `delegate_to` would reach it.
    ///
    /// # Errors
    /// When it cannot be said how to reach it.
    fn machine(&self, name: &str) -> Result<Arc<Machine>> {
        Err(Error::failed(format!(
            "there is no other host `{name}` to ask here"
        )))
    }

    /// What tells this run from all others; nothing outside a run.
    fn run_id(&self) -> Option<Arc<str>> {
        None
    }

    /// Gives a command to a host when the run ends, however it ends; `what` says what it is for.
    fn at_end(&self, host: Host, command: Command, what: &str) {
        let _ = (host, command, what);
    }

    /// Tells those who watch the run how far a long step is; the last words count.
    fn progress(&self, text: &str) {
        let _ = text;
    }

    /// Hides a text in everything that is told of the run from now on; `register` still sees it.
    fn keep_secret(&self, text: &str) {
        let _ = text;
    }
}

/// A controller with nothing on it, for tasks that are planned outside a run.
#[derive(Debug, Default)]
pub struct NoController;

fn nothing<T>() -> Result<T> {
    Err(Error::failed("there is no controller to ask here"))
}

impl Controller for NoController {
    fn find(&self, _: FileSearch, _: &str) -> Result<PathBuf> {
        nothing()
    }

    fn read(&self, _: &Path) -> Result<Vec<u8>> {
        nothing()
    }

    fn read_sealed(&self, _: &Path) -> Result<Vec<u8>> {
        nothing()
    }

    fn stat(&self, _: &Path) -> Result<LocalStat> {
        nothing()
    }

    fn link(&self, _: &Path) -> Result<Option<String>> {
        nothing()
    }

    fn walk(&self, _: &Path) -> Result<Vec<String>> {
        nothing()
    }

    fn write(&self, _: &Path, _: &[u8]) -> Result<()> {
        nothing()
    }

    fn render(&self, _: &Path, _: &TemplateOptions, _: &[(&str, &str)]) -> Result<String> {
        nothing()
    }

    fn variables(&self, _: &Path) -> Result<Json> {
        nothing()
    }

    fn variable(&self, _: &str) -> Option<Json> {
        None
    }

    fn ask(&self, _: &str, _: bool) -> Result<String> {
        nothing()
    }
}

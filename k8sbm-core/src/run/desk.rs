//! The machine that k8sbm runs on, as one task on one host sees it.

use super::{failure::Cannot, job::Job, shared::Shared, ways};
use crate::{
    event::{Event, TaskId},
    host::{Command, Host, Machine},
    node::{Source, TextFile},
    playbook::TaskSpec,
    task::{Controller, Error, FileSearch, LocalStat, Result, TemplateOptions},
    template::{TemplateError, about},
    value,
    vars::{Magic, Scope, SearchPath, Survey},
    vault::is_vault,
};
use serde_json::Value as Json;
use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The machine that k8sbm runs on, as one task on one host sees it.
pub(super) struct Desk {
    shared: Arc<Shared>,
    scope: Scope,
    search: SearchPath,
    spec: Arc<TaskSpec>,
    magic: Arc<Magic>,
    task: TaskId,
    host: Arc<str>,
}

impl Desk {
    pub fn new(shared: Arc<Shared>, scope: Scope, job: &Job, host: Arc<str>) -> Self {
        Self {
            shared,
            scope,
            search: job.search.clone(),
            spec: job.spec.clone(),
            magic: job.magic.clone(),
            task: job.info.id,
            host,
        }
    }

    /// A text file as it was read, opened if it is encrypted.
    fn text_file(&self, path: &Path) -> Result<TextFile> {
        let name = path.display().to_string();
        let bytes = self.read_sealed(path)?;
        let secret = std::str::from_utf8(&bytes).is_ok_and(is_vault);
        let opened = self.shared.open(path, bytes);
        let opened = opened.map_err(|error| Error::failed(error.to_string()))?;
        let text = String::from_utf8(opened)
            .map_err(|_| Error::failed(format!("{name}: the file is not UTF-8")))?;
        let source = Arc::new(Source { name, text });
        Ok(TextFile { source, secret })
    }
}

/// Why a template cannot be rendered, and where if that may be shown.
fn failed(error: TemplateError, shown: bool) -> Error {
    match error {
        TemplateError::Pending(_) => Error {
            kind: crate::task::ErrorKind::NotYet,
            ..Error::failed(error.to_string())
        },
        TemplateError::Failed(diagnostic) if shown => diagnostic.into(),
        _ => Error::failed(error.to_string()),
    }
}

/// Writes a file beside its target and renames it. A secret is for its owner alone, from the first byte on.
pub(super) fn write_beside(path: &Path, content: &[u8], secret: bool) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", uuid::Uuid::new_v4().simple()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    if secret {
        options.mode(0o600);
    }
    let written = options
        .open(&beside)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What could not be finished leaves nothing behind.
        let _ = fs::remove_file(&beside);
    }
    written
}

impl Controller for Desk {
    fn find(&self, kind: FileSearch, name: &str) -> Result<PathBuf> {
        let folder = match kind {
            FileSearch::Files => "files",
            FileSearch::Templates => "templates",
            FileSearch::Vars => "vars",
        };
        let mut folders: Vec<PathBuf> = Vec::with_capacity(self.search.len() * 2);
        for place in self.search.iter() {
            folders.push(place.join(folder));
            folders.push(place.clone());
        }
        self.shared
            .engine
            .controller
            .find(name, &folders)
            .ok_or_else(|| {
                let searched: Vec<String> = folders
                    .iter()
                    .map(|folder| folder.join(name).display().to_string())
                    .collect();
                Error::failed(format!("there is no file `{name}`"))
                    .hint(format!("looked for {}", searched.join(", ")))
            })
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let bytes = self.read_sealed(path)?;
        self.shared
            .open(path, bytes)
            .map_err(|error| Error::failed(error.to_string()))
    }

    fn read_sealed(&self, path: &Path) -> Result<Vec<u8>> {
        let bytes = self.shared.engine.controller.read(path);
        bytes.map_err(|error| Error::failed(format!("{}: {error}", path.display())))
    }

    fn stat(&self, path: &Path) -> Result<LocalStat> {
        let metadata = fs::metadata(path)
            .map_err(|error| Error::failed(format!("{}: {error}", path.display())))?;
        Ok(LocalStat {
            mode: metadata.permissions().mode() & 0o7777,
            directory: metadata.is_dir(),
        })
    }

    fn link(&self, path: &Path) -> Result<Option<String>> {
        let link = fs::read_link(path).ok();
        Ok(link.map(|target| target.display().to_string()))
    }

    fn walk(&self, directory: &Path) -> Result<Vec<String>> {
        let controller = &self.shared.engine.controller;
        let mut found = Vec::new();
        let mut open = vec![directory.to_path_buf()];
        while let Some(folder) = open.pop() {
            let entries = controller.list(&folder);
            for path in
                entries.map_err(|error| Error::failed(format!("{}: {error}", folder.display())))?
            {
                let name = path
                    .strip_prefix(directory)
                    .unwrap_or(&path)
                    .display()
                    .to_string();
                if controller.is_dir(&path) {
                    found.push(format!("{name}/"));
                    open.push(path);
                } else {
                    found.push(name);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<()> {
        write_beside(path, content, false)
            .map_err(|error| Error::failed(format!("{}: {error}", path.display())))
    }

    fn write_secret(&self, path: &Path, content: &[u8]) -> Result<()> {
        let sealed = self
            .shared
            .reading
            .secrets
            .first()
            .map(|(id, password)| crate::vault::seal(content, password, Some(id)).into_bytes());
        write_beside(path, sealed.as_deref().unwrap_or(content), true)
            .map_err(|error| Error::failed(format!("{}: {error}", path.display())))
    }

    fn render(
        &self,
        path: &Path,
        options: &TemplateOptions,
        known: &[(&str, &str)],
    ) -> Result<String> {
        let file = self.text_file(path)?;
        let told = about(self.scope.clone(), path);
        let scope = known.iter().fold(told, |scope, (name, text)| {
            scope.with_local(*name, value::Value::from(*text))
        });
        let rendered = self.shared.engine.text(&file.source, &scope, options);
        // Nothing of an encrypted file is shown.
        rendered.map_err(|error| failed(error, !file.secret))
    }

    fn variables(&self, path: &Path) -> Result<Json> {
        let file = self.text_file(path)?;
        let node = self.shared.reading.variables(&file);
        Ok(node?.to_json())
    }

    fn variable(&self, name: &str) -> Option<Json> {
        self.scope
            .get(name)
            .ok()
            .flatten()
            .map(|value| value::to_json(&value))
    }

    fn is_delegated(&self) -> bool {
        matches!(self.scope.get("ansible_delegated_vars"), Ok(Some(_)))
    }

    fn survey(&self) -> Option<Survey> {
        Some(self.shared.survey())
    }

    fn cache(&self) -> Option<PathBuf> {
        self.shared.options.cache.clone()
    }

    fn ask(&self, prompt: &str, echo: bool) -> Result<String> {
        let nobody = || {
            Error::failed("nobody is there to answer")
                .hint("run it in a terminal, or set the value")
        };
        self.shared.prompter.ask(prompt, echo).ok_or_else(nobody)
    }

    fn machine(&self, name: &str) -> Result<Arc<Machine>> {
        let vars = self.shared.host_named(name);
        let scope = Scope::new(&self.shared.store, &vars).with_magic(self.magic.clone());
        ways::machine(&self.shared, &scope, Some(&self.spec)).map_err(|cannot| match cannot {
            Cannot::Failed(failure) => Error::failed(format!("{name}: {}", failure.message)),
            Cannot::Unknown(waits_for) => Error::failed(format!("{name}: waits for {waits_for}")),
            Cannot::NotYet => Error {
                kind: crate::task::ErrorKind::NotYet,
                ..Error::failed(format!("{name}: a value is still to come"))
            },
        })
    }

    fn run_id(&self) -> Option<Arc<str>> {
        Some(self.shared.parting.run.clone())
    }

    fn at_end(&self, host: Host, command: Command, what: &str) {
        self.shared.parting.add(host, command, what);
    }

    fn progress(&self, text: &str) {
        self.shared.tell(Event::Progress {
            task: self.task,
            host: self.host.clone(),
            text: text.to_owned(),
        });
    }

    fn keep_secret(&self, text: &str) {
        self.shared.secrets.add(text);
    }
}

//! Editing a text file of the host: read it, change it, put it back.

use super::{
    paths::{absolute, followed, parent},
    text::{Encoding, Form},
};
use k8sbm_core::{
    host::{Attributes, FileChange, Stat},
    task::{Diff, Error, Plan, Probe, Result},
};
use std::sync::Arc;

/// A file to edit, and how it is put back.
#[derive(Clone, Debug)]
pub(crate) struct Editing<'a> {
    /// The path, as the playbook says it.
    pub path: &'a str,
    /// How its bytes stand for letters.
    pub encoding: &'a str,
    /// Wanted owner, group and mode.
    pub attributes: Attributes,
    /// Whether the old file is kept beside the new one.
    pub backup: bool,
    /// A command with `%s` that must accept the new file.
    pub validate: Option<&'a String>,
    /// Whether to write into the existing file instead of renaming.
    pub in_place: bool,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// Its absolute path.
    pub path: String,
    /// The path where a symbolic link leads to.
    real: String,
    /// Its text; nothing where there is no file.
    pub text: Option<String>,
    bytes: Option<Arc<[u8]>>,
    form: Form,
    stat: Option<Arc<Stat>>,
}

impl Editing<'_> {
    /// Reads the file.
    pub(crate) async fn open(&self, host: &Probe) -> Result<Opened> {
        let path = absolute(host, self.path).await?;
        let (real, stat, bytes) = tokio::join!(
            followed(host, &path),
            host.stat_follow(&path),
            host.read(&path)
        );
        let (real, stat) = (real?, stat?);
        if stat.as_ref().is_some_and(|stat| stat.is_dir()) {
            return Err(Error::failed(format!("Path {path} is a directory !")).returning("rc", 256));
        }
        let bytes = bytes?;
        let encoding = Encoding::named(self.encoding)?;
        let (text, form) = match &bytes {
            Some(bytes) => {
                let (text, form) = Form::read(bytes, encoding);
                (Some(text), form)
            }
            None => (None, encoding.into()),
        };
        Ok(Opened {
            path,
            real,
            text,
            bytes,
            form,
            stat,
        })
    }

    /// Plans to put `text` in place, and what else is wanted of the file. Says whether owner, group or mode change.
    pub(crate) async fn save(
        &self,
        host: &Probe,
        plan: &mut Plan,
        opened: &Opened,
        text: &str,
    ) -> Result<bool> {
        let path = &opened.real;
        if opened.text.as_deref() == Some(text) {
            return plan.attributes(host, path, &self.attributes, true).await;
        }
        let directory = parent(path);
        if opened.stat.is_none() && !host.exists(directory).await? {
            plan.directory(host, directory, &Attributes::default())
                .await?;
        }
        let backup = (self.backup && opened.stat.is_some()).then(|| host.backup_path(&opened.path));
        if let Some(backup) = &backup {
            plan.returns("backup_file", backup.as_str());
        }
        let content = opened.form.write(text)?;
        let diff = Diff::content(path, opened.bytes.as_deref(), &content);
        let change = FileChange::Write {
            path: path.clone(),
            content,
            attributes: self.attributes.clone(),
            validate: self.validate.cloned(),
            backup,
            in_place: self.in_place,
        };
        plan.change(format!("write {path}"), change, Some(diff));
        Ok(match &opened.stat {
            Some(stat) => !self.attributes.missing_from(stat).is_empty(),
            None => {
                let usual = |mode: &k8sbm_core::host::Mode| mode.apply(0o644, false) == 0o644;
                self.attributes
                    .mode
                    .as_ref()
                    .is_some_and(|mode| !usual(mode))
            }
        })
    }
}

/// Refuses to edit a file that is not there, with Ansible's return code.
pub(crate) fn missing(path: &str) -> Error {
    Error::failed(format!("{path} does not exist"))
        .hint("write `create: true` if the file shall be made")
        .returning("rc", 257)
}

/// What was done, with what was done to owner and mode.
pub(crate) fn message(done: &str, attributes: bool) -> String {
    const MORE: &str = "ownership, perms or SE linux context changed";
    match (done, attributes) {
        (done, false) => done.to_owned(),
        ("", true) => MORE.to_owned(),
        (done, true) => format!("{done} and {MORE}"),
    }
}

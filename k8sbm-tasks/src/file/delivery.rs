//! Bringing one file to where a playbook wants it, as `copy` and `template` do.

use super::{
    paths::{absolute, base_name, followed, join},
    standing::Standing,
};
use k8sbm_core::{
    host::{Algorithm, Attributes, FileChange, FileKind, Stat},
    task::{Diff, Error, Plan, Probe, Result, WriteFile},
};
use sha1::Digest;
use std::sync::Arc;

/// A file on its way to a host.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// Where to, as the playbook says it.
    pub dest: String,
    /// What it is called where `dest` is a directory; nothing where it has no name.
    pub name: Option<String>,
    /// What is in it.
    pub content: Content,
    /// Wanted owner, group and mode.
    pub attributes: Attributes,
    /// The same as `attributes` for directories that have to be made.
    pub directory: Attributes,
    /// How it is put in place.
    pub manner: Manner,
}

/// What is in a file that is delivered.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What is in a file of the host.
    OfHost {
        /// Its path.
        from: String,
        /// Its SHA-1.
        checksum: Arc<str>,
        /// How long it is.
        size: u64,
    },
}

impl Content {
    /// SHA-1 in hexadecimal.
    pub(crate) fn checksum(&self) -> String {
        match self {
            Self::Bytes(bytes) => hex::encode(sha1::Sha1::digest(bytes)),
            Self::OfHost { checksum, .. } => checksum.to_string(),
        }
    }

    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::OfHost { size, .. } => *size,
        }
    }
}

/// How a file is put in place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    /// Whether an existing file stays as it is.
    pub keep: bool,
    /// Whether the old file is kept beside the new one.
    pub backup: bool,
    /// Whether a symbolic link at the path is written through instead of replaced.
    pub follow: bool,
    /// A command with `%s` that must accept the new file.
    pub validate: Option<String>,
    /// Whether to write into the existing file instead of renaming.
    pub in_place: bool,
}

impl Delivery {
    /// Plans the delivery; returns the path of the file.
    pub(crate) async fn plan(self, host: &Probe, plan: &mut Plan) -> Result<String> {
        let path = self.path(host, plan).await?;
        self.plan_at(host, plan, path).await
    }

    /// Plans the delivery to this very path.
    pub(crate) async fn plan_at(
        self,
        host: &Probe,
        plan: &mut Plan,
        path: String,
    ) -> Result<String> {
        let (path, here) = if self.manner.follow {
            let path = followed(host, &path).await?;
            (path.clone(), host.stat(&path).await?)
        } else {
            let here = host.stat(&path).await?;
            (path, here)
        };
        let returns = [
            ("dest", path.clone()),
            ("checksum", self.content.checksum()),
        ];
        for (name, value) in returns {
            plan.returns(name, value);
        }
        if let Content::Bytes(bytes) = &self.content {
            plan.returns("md5sum", hex::encode(md5::Md5::digest(bytes)));
        }
        if let Some(here) = here.as_ref().filter(|_| self.manner.keep) {
            plan.returns("msg", "file already exists");
            let stays = Attributes::default();
            self.tell(host, plan, Some(here), here.size, &stays).await?;
            return Ok(path);
        }
        let here = match here {
            Some(stat) if stat.is_link() => {
                self.unlink(host, plan, &path).await?;
                None
            }
            here => here,
        };
        self.write(host, plan, &path, here.as_deref()).await?;
        let size = self.content.size();
        self.tell(host, plan, here.as_ref(), size, &self.attributes)
            .await?;
        Ok(path)
    }

    /// The file's path: in `dest` where that is, or shall be, a directory.
    async fn path(&self, host: &Probe, plan: &mut Plan) -> Result<String> {
        let dest = absolute(host, &self.dest).await?;
        let directory = dest.trim_end_matches('/');
        let inside = if dest.ends_with('/') {
            if !directory.is_empty() {
                plan.directory(
                    host,
                    directory,
                    &self.directory_if_new(host, directory).await?,
                )
                .await?;
            }
            true
        } else {
            host.stat_follow(&dest)
                .await?
                .is_some_and(|stat| stat.is_dir())
        };
        match (&self.name, inside) {
            (_, false) => Ok(dest),
            (Some(name), true) => Ok(join(directory, name)),
            (None, true) => Err(Error::failed(format!(
                "can not use content with a dir as dest: {dest}"
            ))
            .hint("write the path of the file as `dest`")),
        }
    }

    /// What directories that are made shall have; one that is there keeps what it has.
    async fn directory_if_new(&self, host: &Probe, path: &str) -> Result<Attributes> {
        Ok(match host.stat_follow(path).await? {
            Some(_) => Attributes::default(),
            None => self.directory.clone(),
        })
    }

    /// Takes away a symbolic link that a file shall replace.
    async fn unlink(&self, host: &Probe, plan: &mut Plan, path: &str) -> Result<()> {
        if self.manner.backup && host.exists(&followed(host, path).await?).await? {
            let backup = host.backup_path(path);
            plan.returns("backup_file", backup.clone());
            let copy = FileChange::Copy {
                from: path.into(),
                path: backup.clone(),
                attributes: Attributes::default(),
                validate: None,
                backup: None,
            };
            plan.change(format!("keep {path} as {backup}"), copy, None);
        }
        plan.absent(host, path).await?;
        Ok(())
    }

    async fn write(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: &str,
        here: Option<&Stat>,
    ) -> Result<()> {
        let Manner {
            backup,
            validate,
            in_place,
            ..
        } = self.manner.clone();
        match (&self.content, here) {
            (Content::Bytes(content), Some(_)) => {
                let file = WriteFile {
                    path: path.into(),
                    content: content.clone(),
                    attributes: self.attributes.clone(),
                    validate,
                    backup,
                    in_place,
                };
                plan.write(host, file).await?;
            }
            (Content::Bytes(content), None) => {
                let change = FileChange::Write {
                    path: path.into(),
                    content: content.clone(),
                    attributes: self.attributes.clone(),
                    validate,
                    backup: None,
                    in_place: false,
                };
                let diff = Diff::content(path, None, content);
                plan.change(format!("write {path}"), change, Some(diff));
            }
            (Content::OfHost { from, checksum, .. }, here) => {
                self.copy(host, plan, (from, checksum), path, here).await?;
            }
        }
        Ok(())
    }

    /// Copies from one path of the host to another.
    async fn copy(
        &self,
        host: &Probe,
        plan: &mut Plan,
        (from, checksum): (&str, &str),
        path: &str,
        here: Option<&Stat>,
    ) -> Result<()> {
        if let Some(stat) = here {
            if stat.kind == FileKind::Directory {
                return Err(Error::failed(format!("{path} is a directory, not a file")));
            }
            if host.checksum_by(path, Algorithm::Sha1).await?.as_deref() == Some(checksum) {
                plan.attributes(host, path, &self.attributes, true).await?;
                return Ok(());
            }
        }
        let backup = (self.manner.backup && here.is_some()).then(|| host.backup_path(path));
        if let Some(backup) = &backup {
            plan.returns("backup_file", backup.clone());
        }
        let diff = match host.wants_diff() {
            true => {
                let (before, after) = (host.read(path).await?, host.read(from).await?);
                Diff::content(
                    path,
                    before.as_deref(),
                    after.as_deref().unwrap_or_default(),
                )
            }
            false => Diff::text(path, "", format!("(the content of {from})\n")),
        };
        let change = FileChange::Copy {
            from: from.into(),
            path: path.into(),
            attributes: self.attributes.clone(),
            validate: self.manner.validate.clone(),
            backup,
        };
        plan.change(format!("copy {from} to {path}"), change, Some(diff));
        Ok(())
    }

    async fn tell(
        &self,
        host: &Probe,
        plan: &mut Plan,
        before: Option<&Arc<Stat>>,
        size: u64,
        attributes: &Attributes,
    ) -> Result<()> {
        let standing = Standing {
            before: before.map(|stat| &**stat),
            kind: before.map_or(FileKind::File, |stat| stat.kind),
            size: Some(size),
            attributes,
        };
        standing.tell(host, plan).await
    }
}

/// The name that a path gives to what is copied from it.
pub(crate) fn name_of(path: &str) -> Option<String> {
    Some(base_name(path).to_owned()).filter(|name| !name.is_empty())
}

/// Refuses a `validate` without a place for the new file.
pub(crate) fn check_validate(validate: Option<&String>) -> Result<()> {
    match validate {
        Some(command) if !command.contains("%s") => Err(Error::arguments(format!(
            "validate must contain %s: {command}"
        ))
        .hint("write %s where the command takes the file's path, such as `visudo -cf %s`")),
        _ => Ok(()),
    }
}

//! Plans for files: look first, then say what differs.

use super::{Diff, Plan, Probe, Result, error::Error};
use crate::host::{Attributes, FileChange, FileKind};

/// A file that shall have a content.
#[derive(Clone, Debug, Default)]
pub struct WriteFile {
    /// Absolute path.
    pub path: String,
    /// The whole content.
    pub content: Vec<u8>,
    /// Wanted owner, group and mode.
    pub attributes: Attributes,
    /// A command with `%s` for the new file, which must succeed before it is put in place.
    pub validate: Option<String>,
    /// Whether to keep the old file beside the new one.
    pub backup: bool,
    /// Whether to write into the existing file instead of renaming.
    pub in_place: bool,
}

impl Plan {
    /// Makes a file have a content; its owner, group and mode stay.
    ///
    /// # Errors
    /// When something that is not a file stands at the path.
    pub async fn file(
        &mut self,
        host: &Probe,
        path: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Result<bool> {
        self.write(
            host,
            WriteFile {
                path: path.into(),
                content: content.into(),
                ..WriteFile::default()
            },
        )
        .await
    }

    /// Makes a file have a content, owner, group and mode. Says whether that takes a change.
    ///
    /// # Errors
    /// When something that is not a file stands at the path, or it cannot be read.
    pub async fn write(&mut self, host: &Probe, file: WriteFile) -> Result<bool> {
        let WriteFile {
            path,
            content,
            attributes,
            validate,
            backup,
            in_place,
        } = file;
        let stat = host.stat_follow(&path).await?;
        if let Some(stat) = stat
            .as_deref()
            .filter(|stat| stat.kind == FileKind::Directory)
        {
            return Err(Error::failed(
                format!("{path} is a {:?}, not a file", stat.kind).to_lowercase(),
            ));
        }
        let same = match stat.as_deref() {
            Some(stat) if stat.is_file() && stat.size == content.len() as u64 => {
                host.checksum(&path).await?.as_deref()
                    == Some(&*hex::encode(<sha2::Sha256 as sha2::Digest>::digest(
                        &content,
                    )))
            }
            _ => false,
        };
        if same {
            return self.attributes(host, &path, &attributes, true).await;
        }
        let before = match stat {
            Some(stat) if stat.size <= 1 << 20 => host.read(&path).await?,
            _ => None,
        };
        let diff = Diff::content(&path, before.as_deref(), &content);
        let backup = if backup && stat_exists(before.as_deref()) {
            Some(host.backup_path(&path))
        } else {
            None
        };
        if let Some(backup) = &backup {
            self.returns("backup_file", backup.clone());
        }
        let change = FileChange::Write {
            path: path.clone(),
            content,
            attributes,
            validate,
            backup,
            in_place,
        };
        self.change(format!("write {path}"), change, Some(diff));
        Ok(true)
    }

    /// Makes an existing file or directory have owner, group and mode. Says whether that takes a change.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub async fn attributes(
        &mut self,
        host: &Probe,
        path: &str,
        wanted: &Attributes,
        follow: bool,
    ) -> Result<bool> {
        if wanted.is_empty() {
            return Ok(false);
        }
        let stat = if follow {
            host.stat_follow(path).await?
        } else {
            host.stat(path).await?
        };
        let Some(stat) = stat else { return Ok(false) };
        let missing = wanted.missing_from(&stat);
        if missing.is_empty() {
            return Ok(false);
        }
        let (mut before, mut after, mut words) = (String::new(), String::new(), Vec::new());
        let mut side = |name: &str, old: String, new: String| {
            before.push_str(&format!("{name}: {old}\n"));
            after.push_str(&format!("{name}: {new}\n"));
            words.push(format!("{name} {new}"));
        };
        if let Some(mode) = &missing.mode {
            side(
                "mode",
                format!("{:04o}", stat.mode),
                format!("{:04o}", mode.apply(stat.mode, stat.is_dir())),
            );
        }
        if let Some(owner) = &missing.owner {
            side("owner", stat.owner.clone(), owner.clone());
        }
        if let Some(group) = &missing.group {
            side("group", stat.group.clone(), group.clone());
        }
        let summary = format!("set {} of {path}", words.join(", "));
        let change = FileChange::Attributes {
            path: path.into(),
            attributes: missing,
            follow,
            recursive: false,
        };
        self.change(summary, change, Some(Diff::text(path, before, after)));
        Ok(true)
    }

    /// Makes a directory be there, with its parents. Says whether that takes a change.
    ///
    /// # Errors
    /// When something else stands at the path.
    pub async fn directory(
        &mut self,
        host: &Probe,
        path: &str,
        attributes: &Attributes,
    ) -> Result<bool> {
        match host.stat_follow(path).await? {
            Some(stat) if stat.is_dir() => self.attributes(host, path, attributes, true).await,
            Some(_) => Err(Error::failed(format!(
                "{path} is there, and is no directory"
            ))),
            None => {
                let change = FileChange::MakeDirectory {
                    path: path.into(),
                    attributes: attributes.clone(),
                };
                let diff = Diff::text(path, "state: absent\n", "state: directory\n");
                self.change(format!("make directory {path}"), change, Some(diff));
                Ok(true)
            }
        }
    }

    /// Makes nothing stand at a path. Says whether that takes a change.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub async fn absent(&mut self, host: &Probe, path: &str) -> Result<bool> {
        let Some(stat) = host.stat(path).await? else {
            return Ok(false);
        };
        let kind = format!("{:?}", stat.kind).to_lowercase();
        let diff = Diff::text(path, format!("state: {kind}\n"), "state: absent\n");
        self.change(
            format!("remove {path}"),
            FileChange::Remove { path: path.into() },
            Some(diff),
        );
        Ok(true)
    }
}

fn stat_exists(before: Option<&[u8]>) -> bool {
    before.is_some()
}

//! What can be done to a host's files.

use super::Attributes;
use serde::Serialize;
use std::path::PathBuf;

/// One change of a host's files; each leaves the file either old or new.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum FileChange {
    /// Writes a file beside its target and renames it.
    Write {
        /// Absolute path.
        path: String,
        /// The whole content.
        #[serde(skip)]
        content: Vec<u8>,
        /// Wanted owner, group and mode. Where a file stood before, what is absent is kept from it;
        /// a new file gets mode 0644 less the umask.
        attributes: Attributes,
        /// A command with `%s` for the new file, which must succeed before it is put in place.
        #[serde(skip_serializing_if = "Option::is_none")]
        validate: Option<String>,
        /// Keeps the old file under this path.
        #[serde(skip_serializing_if = "Option::is_none")]
        backup: Option<String>,
        /// Writes into the existing file instead of renaming (for bind mounts such as a container's `/etc/hosts`).
        in_place: bool,
    },
    /// Writes a file with what is in a file of the controller, which is sent in pieces and never whole in memory.
    /// It is put in place once the host has found its checksum right.
    Upload {
        /// The controller's file.
        from: PathBuf,
        /// How long it is.
        size: u64,
        /// Its SHA-256 in lower-case hexadecimal.
        sha256: String,
        /// Absolute path.
        path: String,
        /// As for [`FileChange::Write`].
        attributes: Attributes,
    },
    /// Copies a file of the host, as [`FileChange::Write`] would write it.
    Copy {
        /// Absolute path of the source on the host.
        from: String,
        /// Absolute path.
        path: String,
        /// Wanted owner, group and mode.
        attributes: Attributes,
        /// As for [`FileChange::Write`].
        #[serde(skip_serializing_if = "Option::is_none")]
        validate: Option<String>,
        /// As for [`FileChange::Write`].
        #[serde(skip_serializing_if = "Option::is_none")]
        backup: Option<String>,
    },
    /// Sets owner, group and mode.
    Attributes {
        /// Absolute path.
        path: String,
        /// What to set.
        attributes: Attributes,
        /// Whether to go through a symbolic link.
        follow: bool,
        /// Whether to set it on all below as well.
        recursive: bool,
    },
    /// Makes a directory and its parents.
    MakeDirectory {
        /// Absolute path.
        path: String,
        /// For the directory and the parents that were made with it.
        attributes: Attributes,
    },
    /// Makes or replaces a symbolic link.
    SymbolicLink {
        /// Absolute path of the link.
        path: String,
        /// What it points to.
        target: String,
    },
    /// Makes or replaces a hard link.
    HardLink {
        /// Absolute path of the link.
        path: String,
        /// Absolute path of the other name.
        target: String,
    },
    /// Makes an empty file or sets times; absent times stay.
    Touch {
        /// Absolute path.
        path: String,
        /// Access time as `touch -d` takes it.
        access: Option<String>,
        /// Modification time as `touch -d` takes it.
        modification: Option<String>,
    },
    /// Removes a file, or a directory with all below.
    Remove {
        /// Absolute path.
        path: String,
    },
}

impl FileChange {
    /// The path that is changed.
    pub fn path(&self) -> &str {
        match self {
            Self::Write { path, .. }
            | Self::Upload { path, .. }
            | Self::Copy { path, .. }
            | Self::Attributes { path, .. }
            | Self::MakeDirectory { path, .. }
            | Self::SymbolicLink { path, .. }
            | Self::HardLink { path, .. }
            | Self::Touch { path, .. }
            | Self::Remove { path } => path,
        }
    }
}

//! What a probe may ask: every look reads, none writes.

use super::{Command, Output};
use serde::Serialize;
use std::sync::Arc;

/// One question to a host.
///
/// Looks are values, so that those asked at the same time travel together,
/// equal ones are asked once, and many of a kind cost one process on the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// What stands at a path.
    Stat {
        /// Absolute path.
        path: String,
        /// Whether to look through a symbolic link.
        follow: bool,
    },
    /// The content of a file.
    Read {
        /// Absolute path.
        path: String,
    },
    /// The hash of a file's content.
    Checksum {
        /// Absolute path.
        path: String,
        /// Which hash.
        algorithm: Algorithm,
    },
    /// The names in a directory.
    List {
        /// Absolute path.
        path: String,
    },
    /// What a command prints that only reads.
    Query(Command),
}

/// What a look saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// Answer to [`Look::Stat`]: nothing where there is nothing.
    Stat(Option<Arc<Stat>>),
    /// Answer to [`Look::Read`]: nothing where there is no such file.
    Content(Option<Arc<[u8]>>),
    /// Answer to [`Look::Checksum`] in lower-case hexadecimal: nothing where there is no such file.
    Checksum(Option<Arc<str>>),
    /// Answer to [`Look::List`], sorted: nothing where there is no such directory.
    Names(Option<Arc<[String]>>),
    /// Answer to [`Look::Query`].
    Output(Arc<Output>),
    /// The look itself failed: permission denied, not a directory, an I/O error.
    Failed(Arc<str>),
}

/// A hash that every host's coreutils or busybox can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// MD5, for files that publish nothing better.
    Md5,
    /// SHA-1, Ansible's checksum of a file.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What stands at a path, as stat(2) says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stat {
    /// File, directory, link, ...
    pub kind: FileKind,
    /// Permission bits, with set-uid, set-gid and sticky (`0o7777`).
    pub mode: u32,
    /// Owner's number.
    pub uid: u32,
    /// Group's number.
    pub gid: u32,
    /// Owner's name, or the number as text where it has none.
    pub owner: String,
    /// Group's name, or the number as text where it has none.
    pub group: String,
    /// Bytes.
    pub size: u64,
    /// Inode.
    pub inode: u64,
    /// Device number.
    pub device: u64,
    /// Hard links.
    pub links: u64,
    /// Last access, seconds since the epoch.
    pub atime: f64,
    /// Last change of content, seconds since the epoch.
    pub mtime: f64,
    /// Last change of the inode, seconds since the epoch.
    pub ctime: f64,
    /// Where a symbolic link points.
    pub target: Option<String>,
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A block device.
    Block,
    /// A character device.
    Char,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

impl Stat {
    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind == FileKind::Directory
    }

    /// Whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.kind == FileKind::Link
    }
}

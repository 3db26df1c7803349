//! Files in memory.

use crate::host::{FileKind, Stat};
use std::{collections::BTreeMap, sync::Arc};

/// The files of a fake host by absolute path. Cheap to clone; what is changed is copied.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    entries: Arc<BTreeMap<String, Arc<Entry>>>,
    clock: u64,
}

/// One file, directory or link.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub content: Content,
    pub mode: u32,
    pub owner: String,
    pub group: String,
    pub atime: f64,
    pub mtime: f64,
    inode: u64,
}

/// What an entry is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    File(Arc<[u8]>),
    Directory,
    Link(String),
}

/// More links than this in a path are a circle.
const LINKS: usize = 40;

impl Default for Tree {
    fn default() -> Self {
        let mut tree = Self {
            entries: Arc::default(),
            clock: 1_700_000_000,
        };
        for path in [
            "/", "/etc", "/home", "/opt", "/root", "/run", "/tmp", "/usr", "/var",
        ] {
            tree.put(path, Content::Directory);
        }
        tree
    }
}

impl Tree {
    /// Puts an entry in place, with its parents; what stood there keeps its owner and mode.
    pub fn put(&mut self, path: &str, content: Content) -> &mut Entry {
        if let Some(parent) = parent(path)
            && self.get(parent).is_none()
        {
            self.put(parent, Content::Directory);
        }
        self.clock += 1;
        let clock = self.clock;
        let mode = match content {
            Content::File(_) => 0o644,
            Content::Directory => 0o755,
            Content::Link(_) => 0o777,
        };
        let entry = Arc::make_mut(&mut self.entries)
            .entry(path.to_owned())
            .or_insert_with(|| {
                Arc::new(Entry {
                    content: Content::Directory,
                    mode,
                    owner: "root".into(),
                    group: "root".into(),
                    atime: clock as f64,
                    mtime: clock as f64,
                    inode: clock,
                })
            });
        let entry = Arc::make_mut(entry);
        if !matches!(
            (&entry.content, &content),
            (Content::File(_), Content::File(_))
        ) {
            entry.mode = mode;
        }
        entry.content = content;
        entry.mtime = clock as f64;
        entry
    }

    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path).map(|entry| &**entry)
    }

    pub fn get_mut(&mut self, path: &str) -> Option<&mut Entry> {
        Arc::make_mut(&mut self.entries)
            .get_mut(path)
            .map(Arc::make_mut)
    }

    /// Removes a path with all below.
    pub fn remove(&mut self, path: &str) {
        let below = format!("{path}/");
        Arc::make_mut(&mut self.entries)
            .retain(|name, _| name != path && !name.starts_with(&below));
    }

    /// All paths below a directory.
    pub fn below(&self, path: &str) -> Vec<String> {
        let below = format!("{}/", path.trim_end_matches('/'));
        let names = self.entries.keys();
        names
            .filter(|name| name.starts_with(&below) && **name != below)
            .cloned()
            .collect()
    }

    /// The path without links in its directories, nor, if `follow`, at its end.
    ///
    /// # Errors
    /// When the links go in a circle.
    pub fn resolve(&self, path: &str, follow: bool) -> Result<String, String> {
        let mut waiting: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut links = 0;
        while let Some(part) = waiting.pop() {
            match &part[..] {
                "" | "." => continue,
                ".." => done.truncate(done.rfind('/').unwrap_or(0)),
                part => {
                    let next = format!("{done}/{part}");
                    let last = waiting.iter().all(String::is_empty);
                    match self.get(&next).map(|entry| &entry.content) {
                        Some(Content::Link(target)) if follow || !last => {
                            links += 1;
                            if links > LINKS {
                                return Err("too many levels of symbolic links".to_owned());
                            }
                            if target.starts_with('/') {
                                done.clear();
                            }
                            waiting.extend(target.split('/').rev().map(str::to_owned));
                        }
                        _ => done = next,
                    }
                }
            }
        }
        Ok(if done.is_empty() { "/".into() } else { done })
    }
}

impl Entry {
    pub fn stat(&self, links: u64) -> Stat {
        let (kind, size, target) = match &self.content {
            Content::File(bytes) => (FileKind::File, bytes.len(), None),
            Content::Directory => (FileKind::Directory, 4096, None),
            Content::Link(target) => (FileKind::Link, target.len(), Some(target.clone())),
        };
        Stat {
            kind,
            mode: self.mode,
            uid: number(&self.owner),
            gid: number(&self.group),
            owner: self.owner.clone(),
            group: self.group.clone(),
            size: size as u64,
            inode: self.inode,
            device: 2049,
            links,
            atime: self.atime,
            mtime: self.mtime,
            ctime: self.mtime,
            target,
        }
    }
}

/// A number for a name: root's is 0, others have one that only depends on the name.
fn number(name: &str) -> u32 {
    let sum = || {
        let fold = |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
        1000 + name.bytes().fold(7, fold) % 50_000
    };
    match name {
        "root" => 0,
        name => name.parse().unwrap_or_else(|_| sum()),
    }
}

/// The directory of a path.
pub(super) fn parent(path: &str) -> Option<&str> {
    match path.rfind('/')? {
        0 if path.len() > 1 => Some("/"),
        0 => None,
        at => Some(&path[..at]),
    }
}

//! One step of a plan.

use super::{Result, Returns};
use crate::host::{Command, FileChange, Host};
use futures::future::BoxFuture;
use serde::Serialize;
use std::fmt;

/// One step of a plan: what it is, what it changes, and how to do it.
#[derive(Debug, Serialize)]
pub struct Step {
    /// What it does, in a few words: `write /etc/hosts`.
    pub summary: String,
    /// Before and after, where that can be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// Whether doing it changes the host; a step that only waits or asks does not.
    pub changes: bool,
    /// How to do it.
    pub act: Act,
}

/// How a step is done.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A change of files.
    File(FileChange),
    /// A command; it fails the task unless it exits with 0.
    Run(#[serde(serialize_with = "as_line")] Command),
    /// A procedure; what it returns joins what `register` sees.
    Procedure(#[serde(skip)] Procedure),
}

/// Something that only code can say; runs when applying, never when checking.
pub type Procedure = Box<dyn FnOnce(Host) -> BoxFuture<'static, Result<Returns>> + Send + Sync>;

fn as_line<S: serde::Serializer>(command: &Command, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&command.line())
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(change) => write!(f, "File({})", change.path()),
            Self::Run(command) => write!(f, "Run({})", command.line()),
            Self::Procedure(_) => f.write_str("Procedure"),
        }
    }
}

/// Before and after, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// What the old side is called.
    pub before_header: String,
    /// What the new side is called.
    pub after_header: String,
    /// The old side.
    pub before: String,
    /// The new side.
    pub after: String,
}

impl Diff {
    /// The change of a text named `name`.
    pub fn text(name: &str, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self {
            before_header: name.into(),
            after_header: name.into(),
            before: before.into(),
            after: after.into(),
        }
    }

    /// The change of a file's content; what is not text, or very long, is told by its size.
    pub fn content(path: &str, before: Option<&[u8]>, after: &[u8]) -> Self {
        const LONGEST: usize = 1 << 20;
        let side = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= LONGEST && !text.contains('\0') => text.to_owned(),
            _ => format!("({} bytes that are not shown)\n", bytes.len()),
        };
        Self {
            before_header: path.into(),
            after_header: path.into(),
            before: before.map(side).unwrap_or_default(),
            after: side(after),
        }
    }
}

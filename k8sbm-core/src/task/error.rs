//! Why a task failed.

use super::Returns;
use crate::{
    connection::{ConnectionError, ConnectionErrorKind},
    diagnostic::Diagnostic,
};
use serde_json::Value as Json;
use std::fmt;

/// A result of planning or applying.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a task failed, with what `register` shall see of it.
#[derive(Clone, Debug)]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What failed: a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// More for `register`, such as `rc` and `stderr`.
    pub returns: Returns,
    /// Which argument is meant: names and positions, from the outermost inwards.
    pub argument: Vec<String>,
    /// What is wrong in a file of the controller, such as a template, with its place there.
    pub diagnostic: Option<Box<Diagnostic>>,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The task failed on its host.
    Failed,
    /// The arguments cannot be right.
    Arguments,
    /// The host cannot be reached.
    Unreachable,
    /// A look-ahead cannot know this yet: the answer lies beyond the host, and is asked when it is the task's turn.
    NotYet,
}

impl Error {
    /// A failure on the host.
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Failed,
            message: message.into(),
            hint: None,
            returns: Returns::new(),
            argument: Vec::new(),
            diagnostic: None,
        }
    }

    /// Arguments that cannot be right.
    pub fn arguments(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Arguments,
            ..Self::failed(message)
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a value for `register`.
    #[must_use]
    pub fn returning(mut self, key: impl Into<String>, value: impl Into<Json>) -> Self {
        self.returns.insert(key.into(), value.into());
        self
    }

    /// Says which argument is meant, from the outermost name inwards; positions in lists are numbers.
    #[must_use]
    pub fn about<S: Into<String>>(mut self, argument: impl IntoIterator<Item = S>) -> Self {
        self.argument = argument.into_iter().map(Into::into).collect();
        self
    }

    /// Puts what was being done before the message.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What is wrong in a file of the controller.
impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            message: diagnostic.to_string(),
            diagnostic: Some(Box::new(diagnostic)),
            ..Self::failed("")
        }
    }
}

impl From<ConnectionError> for Error {
    fn from(error: ConnectionError) -> Self {
        let kind = match error.kind {
            ConnectionErrorKind::Become => ErrorKind::Failed,
            _ => ErrorKind::Unreachable,
        };
        Self {
            kind,
            hint: error.hint.map(|hint| hint.to_string()),
            ..Self::failed(&*error.message)
        }
    }
}

//! Why a task could not be planned or did not succeed.

use crate::{
    diagnostic::Diagnostic,
    task::{self, ErrorKind, Returns},
    template::TemplateError,
};
use std::sync::Arc;

/// Why a task failed on a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure {
    pub message: String,
    pub unreachable: bool,
    pub returns: Returns,
    pub diagnostic: Option<Arc<Diagnostic>>,
}

/// Why there is no plan.
#[derive(Debug)]
pub(super) enum Cannot {
    /// Ahead of its turn: it uses what is still to come.
    NotYet,
    /// In check mode: it uses what only a real run gives.
    Unknown(String),
    /// It failed.
    Failed(Box<Failure>),
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            message: diagnostic.message.clone(),
            diagnostic: Some(Arc::new(diagnostic)),
            ..Self::default()
        }
    }
}

impl From<Diagnostic> for Cannot {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Failed(Box::new(diagnostic.into()))
    }
}

impl From<Failure> for Cannot {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<TemplateError> for Cannot {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Pending(_) => Self::NotYet,
            TemplateError::Unknown(waits_for) => Self::Unknown(waits_for.to_string()),
            TemplateError::Failed(diagnostic) => diagnostic.into(),
        }
    }
}

impl From<task::Error> for Cannot {
    fn from(error: task::Error) -> Self {
        if error.kind == ErrorKind::NotYet {
            return Self::NotYet;
        }
        let mut failure = Failure {
            unreachable: error.kind == ErrorKind::Unreachable,
            returns: error.returns,
            ..Failure::new(error.message)
        };
        let known = error.diagnostic.map(|it| *it);
        let known = match error.hint {
            Some(hint) => {
                let known = known.unwrap_or_else(|| Diagnostic::new(failure.message.clone()));
                Some(known.help(hint))
            }
            None => known,
        };
        failure.diagnostic = known.map(Arc::new);
        Self::Failed(Box::new(failure))
    }
}

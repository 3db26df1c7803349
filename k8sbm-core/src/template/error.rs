//! How rendering ends when it does not end well.

use crate::{diagnostic::Diagnostic, node::Span};
use minijinja::{Error, ErrorKind};
use std::{error::Error as StdError, fmt, sync::Arc};

/// Why a template gave no value.
#[derive(Clone, Debug)]
pub enum TemplateError {
    /// It uses a name whose value is still to come.
    Pending(Arc<str>),
    /// It uses a result that check mode cannot know, and this is what it waits for.
    Unknown(Arc<str>),
    /// It is wrong.
    Failed(Diagnostic),
}

impl TemplateError {
    /// The error to raise through minijinja, recovered with [`Self::caught`].
    pub(crate) fn raise(self) -> Error {
        let words = self.to_string();
        Error::new(ErrorKind::InvalidOperation, words).with_source(self)
    }

    /// The error that was raised inside `error`, if one of ours was.
    pub(crate) fn caught(error: &Error) -> Option<&Self> {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(current) = cause {
            if let Some(found) = current.downcast_ref::<Self>() {
                return Some(found);
            }
            cause = current.source();
        }
        None
    }

    /// The diagnostic, if it is one.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        match self {
            Self::Failed(diagnostic) => Some(diagnostic),
            _ => None,
        }
    }

    /// A diagnostic in any case, with this place where it has none.
    pub(crate) fn placed(&self, span: &Span) -> Diagnostic {
        self.diagnostic()
            .cloned()
            .unwrap_or_else(|| Diagnostic::new(self.to_string()))
            .or_at(span)
    }
}

impl From<Diagnostic> for TemplateError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Failed(diagnostic)
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending(name) => write!(f, "`{name}` is still to come"),
            Self::Unknown(waits_for) => write!(f, "unknown until {waits_for}"),
            Self::Failed(diagnostic) => write!(f, "{diagnostic}"),
        }
    }
}

impl StdError for TemplateError {}

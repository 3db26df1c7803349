//! What goes wrong while reading types, before it becomes a [`Diagnostic`].

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Node, Span},
};
use serde::de::{self, Unexpected};
use std::fmt;

/// A mistake that still gathers its place and its subject on the way out of the tree.
#[derive(Debug)]
pub(super) struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    problem: Problem,
    span: Span,
    help: Option<String>,
    /// The items and the key the mistake is about, innermost first.
    subject: Vec<String>,
    /// Whether the subject has its key.
    named: bool,
}

#[derive(Debug)]
enum Problem {
    /// Another kind of value is wanted; the message starts with the subject.
    Wanted { wanted: String, found: String },
    /// A key is missing in the mapping at the place.
    Missing,
    /// Everything else: a whole message.
    Said(String),
}

impl Error {
    fn new(problem: Problem) -> Self {
        Self(Box::new(Inner {
            problem,
            span: Span::none(),
            help: None,
            subject: Vec::new(),
            named: false,
        }))
    }

    pub(super) fn wanted(wanted: impl Into<String>, found: &Node) -> Self {
        Self::new(Problem::Wanted {
            wanted: wanted.into(),
            found: found.describe().to_owned(),
        })
        .at(&found.span)
    }

    pub(super) fn wanted_value(wanted: impl Into<String>, found: &Node) -> Self {
        let shown = found
            .to_text()
            .map_or_else(|| found.describe().to_owned(), |text| format!("`{text}`"));
        Self::new(Problem::Wanted {
            wanted: wanted.into(),
            found: shown,
        })
        .at(&found.span)
    }

    pub(super) fn said(message: impl Into<String>) -> Self {
        Self::new(Problem::Said(message.into()))
    }

    pub(super) fn help(mut self, help: String) -> Self {
        self.0.help = Some(help);
        self
    }

    /// The place, unless a deeper one is known.
    pub(super) fn at(mut self, span: &Span) -> Self {
        if self.0.span.source().is_none() {
            let missing = matches!(self.0.problem, Problem::Missing);
            self.0.span = if missing {
                span.first_line()
            } else {
                span.clone()
            };
        }
        self
    }

    /// The mistake is in the value of this key.
    pub(super) fn under(mut self, key: &str) -> Self {
        if !self.0.named {
            self.0.subject.push(format!("`{key}`"));
            self.0.named = true;
        }
        self
    }

    /// The mistake is in this item of a list.
    pub(super) fn item(mut self, index: usize) -> Self {
        if !self.0.named {
            self.0.subject.push(format!("item {}", index + 1));
        }
        self
    }

    pub(super) fn into_diagnostic(self) -> Diagnostic {
        let subject = self.0.subject.join(" of ");
        let message = match self.0.problem {
            Problem::Wanted { wanted, found } if subject.is_empty() => {
                format!("expected {wanted}, not {found}")
            }
            Problem::Wanted { wanted, found } => format!("{subject} must be {wanted}, not {found}"),
            Problem::Missing => format!("{subject} is missing"),
            Problem::Said(message) => message,
        };
        let mut diagnostic = Diagnostic::new(message).or_at(&self.0.span);
        diagnostic.help = self.0.help;
        diagnostic
    }
}

/// "did you mean" if a known word is near, else the known words.
pub(super) fn suggestion(typed: &str, known: &[&str], what: &str) -> String {
    match nearest(typed, known.iter().copied()) {
        Some(word) => format!("did you mean `{word}`?"),
        None if known.is_empty() => format!("there are no {what}"),
        None => format!("{what}: {}", known.join(", ")),
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::said(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self::new(Problem::Wanted {
            wanted: wanted.to_string(),
            found: unexpected(&found),
        })
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self::new(Problem::Wanted {
            wanted: wanted.to_string(),
            found: unexpected(&found),
        })
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::said(format!("unknown key `{field}`")).help(suggestion(field, known, "known keys"))
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        let wanted = format!("one of {}", known.join(", "));
        let error = Self::new(Problem::Wanted {
            wanted,
            found: format!("`{variant}`"),
        });
        match nearest(variant, known.iter().copied()) {
            Some(word) => error.help(format!("did you mean `{word}`?")),
            None => error,
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing).under(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::said(format!(
            "`{field}` is set twice, once by another of its names"
        ))
    }
}

/// The value found, in the words of messages.
fn unexpected(found: &Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("`{value}`"),
        Unexpected::Signed(value) => format!("`{value}`"),
        Unexpected::Float(value) => format!("`{value}`"),
        Unexpected::Str(value) => format!("`{value}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.problem {
            Problem::Wanted { wanted, found } => write!(f, "expected {wanted}, not {found}"),
            Problem::Missing => f.write_str("a key is missing"),
            Problem::Said(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

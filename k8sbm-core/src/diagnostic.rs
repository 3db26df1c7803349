//! What can be said about a mistake: data only; the command draws it.

mod warnings;

use crate::node::Span;
use std::fmt;

pub use warnings::Warnings;

/// A mistake with its place, like a compiler's.
#[derive(Clone, Debug, Default)]
pub struct Diagnostic {
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// The places, the first of which is the main one.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// More that is known, a line each.
    pub notes: Vec<String>,
}

/// A marked place and what to say beside the mark.
#[derive(Clone, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The words beside the mark; may be empty.
    pub text: String,
}

impl Diagnostic {
    /// A mistake without a place yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// Marks a place; the first mark is the main one.
    #[must_use]
    pub fn label(mut self, span: &Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span: span.clone(),
            text: text.into(),
        });
        self
    }

    /// Marks the place unless one is marked already.
    #[must_use]
    pub fn or_at(self, span: &Span) -> Self {
        if self
            .labels
            .iter()
            .any(|label| label.span.source().is_some())
            || span.source().is_none()
        {
            self
        } else {
            self.label(span, "")
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a line of what is known.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The main place.
    pub fn span(&self) -> Option<&Span> {
        self.labels
            .iter()
            .map(|label| &label.span)
            .find(|span| span.source().is_some())
    }
}

/// One line: `place: message`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(span) = self.span() {
            write!(f, "{span}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The known word nearest to `typed`, for "did you mean".
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match typed.chars().count() {
        0 | 1 => 0,
        2 | 3 => 1,
        _ => 2,
    };
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(word, typed), word))
        .filter(|(distance, _)| *distance <= allowed)
        // Of words equally far, the one with more letters in common.
        .min_by(|(near, one), (far, other)| {
            let alike = |word| strsim::jaro(word, typed);
            near.cmp(far).then(alike(other).total_cmp(&alike(one)))
        })
        .map(|(_, word)| word)
}

//! Where something stands: a byte range in a named text.

use std::{fmt, ops::Range, sync::Arc};

/// A text that was read, with the name to show for it (usually its path).
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The name shown in diagnostics, such as `playbooks/site.yml`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A byte range in a [`Source`]; the empty span of values made in code has no source.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Span {
    source: Option<Arc<Source>>,
    start: u32,
    end: u32,
}

impl Span {
    /// The bytes `range` of `source`.
    pub fn new(source: &Arc<Source>, range: Range<usize>) -> Self {
        let clamp = |at: usize| u32::try_from(at.min(source.text.len())).unwrap_or(u32::MAX);
        Self {
            source: Some(source.clone()),
            start: clamp(range.start),
            end: clamp(range.end.max(range.start)),
        }
    }

    /// The span of what was made in code and stands in no file.
    pub fn none() -> Self {
        Self::default()
    }

    /// The text this points into, unless it was made in code.
    pub fn source(&self) -> Option<&Arc<Source>> {
        self.source.as_ref()
    }

    /// The byte range in the source.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text under the span.
    pub fn text(&self) -> &str {
        self.source
            .as_ref()
            .and_then(|source| source.text.get(self.range()))
            .unwrap_or("")
    }

    /// A part of this span, in bytes from its start.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let Some(source) = &self.source else {
            return Self::none();
        };
        let start = self.start as usize;
        Self::new(
            source,
            start + range.start..(start + range.end).min(self.end as usize),
        )
    }

    /// The part up to the end of its first line.
    pub fn first_line(&self) -> Self {
        let length = self.text().lines().next().map_or(0, str::len);
        self.slice(0..length)
    }

    /// The same bytes of another source.
    pub(super) fn in_source(&self, source: &Arc<Source>) -> Self {
        if self.source.is_none() {
            Self::none()
        } else {
            Self::new(source, self.range())
        }
    }

    /// Line and column, both from 1, columns in characters.
    pub fn line_column(&self) -> (usize, usize) {
        let Some(source) = &self.source else {
            return (0, 0);
        };
        let before = source.text.get(..self.start as usize).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// `file:line:column`, or nothing for a span made in code.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(source) = &self.source else {
            return Ok(());
        };
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", source.name)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

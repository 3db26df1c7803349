//! What to say of text that is not YAML: the usual mistakes, each with what to do.

use super::{Source, Span};
use crate::diagnostic::Diagnostic;
use granit_parser::{ErrorKind, ScanError};
use std::{ops::Range, sync::Arc};

/// A mapping or list where a key belongs: almost always an unquoted `{{ name }}`.
pub(super) fn key_is_no_scalar(span: &Span) -> Diagnostic {
    let Some(source) = span.source() else {
        return Diagnostic::new("a key must be a plain value");
    };
    unquoted_template(source, span.range().start).unwrap_or_else(|| {
        Diagnostic::new("a key must be a plain value, not a list or a mapping").label(span, "")
    })
}

/// The parser's error in the words of someone who writes playbooks.
pub(super) fn explain(source: &Arc<Source>, error: &ScanError) -> Diagnostic {
    let at = error
        .marker()
        .byte_offset()
        .unwrap_or(0)
        .min(source.text.len());
    if let Some(diagnostic) = unquoted_template(source, at) {
        return diagnostic;
    }
    let (message, help) = words(error.kind());
    let at = if about_the_line(error.kind()) {
        first_of_line(&source.text, at)
    } else {
        at
    };
    let span = Span::new(source, shown(&source.text, at));
    let diagnostic = Diagnostic::new(message).label(&span, "");
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, help) = match kind {
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::InvalidSimpleKey => (
            "`: ` is not allowed here",
            "quote the value if the colon belongs to it; otherwise look at the indentation",
        ),
        ErrorKind::SimpleKeyExpected => (
            "this line is no `key: value`",
            "is a `:` missing, or a quote?",
        ),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            ("a tab stands where only spaces may", "indent with spaces")
        }
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed => (
            "this line does not fit the one above",
            "line it up with its neighbours: keys of one mapping, and the `-` of one list, start in the same column",
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::InvalidTrailingSingleQuotedScalar => (
            "text follows the closing quote",
            "put the quotes around the whole value",
        ),
        ErrorKind::UnclosedQuotedScalar => (
            "the quote that starts here is never closed",
            "add the closing quote",
        ),
        ErrorKind::InvalidQuotedScalarIndent => (
            "a quoted value goes on here without indentation",
            "is the closing quote missing above?",
        ),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("a bracket is never closed", "add the closing bracket")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("expected `,` or `}`", "is a comma or a quote missing?")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("expected `,` or `]`", "is a comma or a quote missing?")
        }
        ErrorKind::UnknownQuotedScalarEscape => (
            "unknown escape in double quotes",
            "use single quotes, or write the backslash twice",
        ),
        ErrorKind::UnknownAnchor => (
            "no anchor of this name stands above",
            "quote the value if the `*` belongs to it",
        ),
        ErrorKind::RecursionLimitExceeded => (
            "values nest too deeply",
            "a file of this depth is hardly meant",
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("a value cannot start with `{}`", character.escape_default());
            return (message, Some("quote the value"));
        }
        other => return (other.to_string(), None),
    };
    (message.to_owned(), Some(help))
}

/// Whether the error is about how the whole line stands.
fn about_the_line(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidIndentation
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::BlockSequenceEntryNotAllowed
            | ErrorKind::MappingKeyNotAllowed
    )
}

/// The character to mark.
fn shown(text: &str, mut at: usize) -> Range<usize> {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let length = text[at..].chars().next().map_or(0, char::len_utf8);
    at..at + length
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |end| end + 1)
}

fn first_of_line(text: &str, at: usize) -> usize {
    let start = line_start(text, at);
    start
        + text[start..]
            .bytes()
            .take_while(|byte| *byte == b' ')
            .count()
}

/// Finds `key: {{ x }}` or `- {{ x }}` on the line of an error.
fn unquoted_template(source: &Arc<Source>, at: usize) -> Option<Diagnostic> {
    let start = line_start(&source.text, at);
    let line = source.text.get(start..)?.lines().next()?;
    let (before, value) = line.split_at(line.find("{{")?);
    let opens_value = before.trim().is_empty()
        || before.ends_with([' ', '\t']) && before.trim_end().ends_with([':', '-']);
    if !opens_value || before.trim_start().starts_with('#') {
        return None;
    }
    let value = value.split(" #").next().unwrap_or(value).trim_end();
    let from = start + before.len();
    let help = match (value.contains('"'), value.contains('\'')) {
        (false, _) => format!("quote it: \"{value}\""),
        (true, false) => format!("quote it: '{value}'"),
        (true, true) => "quote the whole value".to_owned(),
    };
    let span = Span::new(source, from..from + value.len());
    Some(
        Diagnostic::new("a template must be quoted")
            .label(&span, "YAML reads `{` as a mapping")
            .help(help),
    )
}

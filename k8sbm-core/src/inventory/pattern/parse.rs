//! Patterns as they are written.

use super::matcher::Matcher;
use crate::{
    diagnostic::Diagnostic,
    node::{Span, TextFile},
    vault::VaultSecrets,
};
use std::{net::Ipv6Addr, path::Path};

/// Terms that add hosts, keep only some (`&`), or leave some out (`!`).
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) terms: Vec<Term>,
}

#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) how: How,
    pub(super) text: String,
    pub(super) matcher: Matcher,
    pub(super) subscript: Option<Subscript>,
    pub(super) span: Span,
}

/// What a term does with its hosts, in the order in which terms are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    Add,
    Keep,
    LeaveOut,
}

/// Which of the hosts a term means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subscript {
    /// `[0]`, or from the end `[-1]`.
    One(i64),
    /// `[0:2]`, the last included; `[1:]` to the end.
    Range(usize, Option<usize>),
}

impl Pattern {
    /// All hosts.
    pub fn all() -> Self {
        let term = Term {
            how: How::Add,
            text: "all".to_owned(),
            matcher: Matcher::Name("all".to_owned()),
            subscript: None,
            span: Span::none(),
        };
        Self { terms: vec![term] }
    }

    /// Reads a pattern; `span` is its place, if it stands in a file.
    ///
    /// A term `@path` stands for the patterns in that file, one a line.
    pub fn parse(text: &str, span: &Span) -> Result<Self, Diagnostic> {
        Self::parse_list([(text, span)])
    }

    /// Reads a list of patterns, which together are one.
    pub fn parse_list<'a>(
        list: impl IntoIterator<Item = (&'a str, &'a Span)>,
    ) -> Result<Self, Diagnostic> {
        let mut terms = Vec::new();
        for (text, span) in list {
            for part in split(text) {
                match part.strip_prefix('@') {
                    Some(path) => terms.extend(from_file(path).map_err(|error| error.or_at(span))?),
                    None => terms.push(term(part, span)?),
                }
            }
        }
        if terms.iter().all(|term| term.how != How::Add) {
            terms.extend(Self::all().terms);
        }
        terms.sort_by_key(|term| term.how);
        Ok(Self { terms })
    }
}

/// The terms of a text: between commas, or else between colons outside brackets.
fn split(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = if text.contains(',') {
        text.split(',').collect()
    } else if text.trim().parse::<Ipv6Addr>().is_ok() {
        vec![text]
    } else {
        let mut inside = false;
        let separates = |c: char| {
            inside = (inside || c == '[') && c != ']';
            !inside && (c == ':' || c.is_whitespace())
        };
        text.split(separates).collect()
    };
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn from_file(path: &str) -> Result<Vec<Term>, Diagnostic> {
    let file = TextFile::read(Path::new(path), &VaultSecrets::new())?;
    let mut terms = Vec::new();
    let mut start = 0;
    for line in file.source.text.split_inclusive('\n') {
        let from = start + line.len() - line.trim_start().len();
        start += line.len();
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            terms.push(term(
                line,
                &Span::new(&file.source, from..from + line.len()),
            )?);
        }
    }
    Ok(terms)
}

fn term(text: &str, span: &Span) -> Result<Term, Diagnostic> {
    let (how, rest) = match (text.strip_prefix('&'), text.strip_prefix('!')) {
        (Some(rest), _) => (How::Keep, rest),
        (_, Some(rest)) => (How::LeaveOut, rest),
        (None, None) => (How::Add, text),
    };
    if rest.is_empty() {
        return Err(Diagnostic::new(format!("nothing follows the `{text}`")).or_at(span));
    }
    let (rest, subscript) = if rest.starts_with('~') {
        (rest, None)
    } else {
        subscript(rest)
    };
    let matcher = Matcher::new(rest).map_err(|error| error.or_at(span))?;
    Ok(Term {
        how,
        text: text.to_owned(),
        matcher,
        subscript,
        span: span.clone(),
    })
}

/// Takes `[0]`, `[-1]`, `[0:2]` or `[1:]` off the end.
fn subscript(text: &str) -> (&str, Option<Subscript>) {
    let parts = text
        .strip_suffix(']')
        .and_then(|text| text.rsplit_once('['));
    let Some((name, inside)) = parts.filter(|(name, _)| !name.is_empty()) else {
        return (text, None);
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let found = if digits(inside.strip_prefix('-').unwrap_or(inside)) {
        inside.parse().ok().map(Subscript::One)
    } else {
        // `[0-2]` means the same as `[0:2]`.
        inside
            .split_once([':', '-'])
            .filter(|(first, _)| digits(first))
            .and_then(|(first, last)| {
                let last = if last.is_empty() {
                    None
                } else {
                    Some(last.parse().ok().filter(|_| digits(last))?)
                };
                Some(Subscript::Range(first.parse().ok()?, last))
            })
    };
    match found {
        Some(subscript) => (name, Some(subscript)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_split_at_commas_or_colons() {
        assert_eq!(split("a:&b:!c"), ["a", "&b", "!c"]);
        assert_eq!(split("a[0:2]:b[1]"), ["a[0:2]", "b[1]"]);
        assert_eq!(split(" a, b:c ,"), ["a", "b:c"]);
        assert_eq!(split("2001:db8::1"), ["2001:db8::1"]);
        assert_eq!(split("a b"), ["a", "b"]);
        assert_eq!(split("~web[0-9]+:db"), ["~web[0-9]+", "db"]);
    }

    #[test]
    fn subscripts() {
        assert_eq!(subscript("web[0]"), ("web", Some(Subscript::One(0))));
        assert_eq!(subscript("web[-2]"), ("web", Some(Subscript::One(-2))));
        assert_eq!(
            subscript("web*[0:2]"),
            ("web*", Some(Subscript::Range(0, Some(2))))
        );
        assert_eq!(
            subscript("web[1:]"),
            ("web", Some(Subscript::Range(1, None)))
        );
        assert_eq!(subscript("web[ab]"), ("web[ab]", None));
        assert_eq!(subscript("[0]"), ("[0]", None));
    }
}

//! From minijinja's errors to diagnostics that point into the file.

use super::{
    Engine, TemplateError,
    dialect::Dialect,
    includes, place,
    source::{Form, Prepared},
    undefined,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Source, Span},
    vars::Scope,
};
use minijinja::{Error, ErrorKind};
use std::{error::Error as _, ops::Range, sync::Arc};

/// How many places a diagnostic shows of those that lead to it.
const MOST_PLACES: usize = 4;

/// A text as it was written, and what reads it.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    /// The delimiters.
    pub dialect: &'a Dialect,
    /// The text.
    pub text: &'a str,
    /// What it is read as.
    pub form: Form,
    /// Its place.
    pub span: &'a Span,
}

impl Written<'_> {
    /// The place of some of its bytes, or of all.
    pub fn place(&self, range: Option<Range<usize>>) -> Span {
        range.map_or_else(
            || self.span.clone(),
            |range| place::within(self.span, self.text, range),
        )
    }
}

impl Engine {
    /// Turns an error in a text into what is shown: what is wrong, where, and what was meant.
    pub(super) fn diagnose_in(
        &self,
        written: Written<'_>,
        error: &Error,
        scope: &Scope,
    ) -> TemplateError {
        let range = own_range(&written, error);
        if let Some(caught) = TemplateError::caught(error) {
            return used_here(caught.clone(), &written.place(range));
        }
        if let Some(included) = Included::of(self, written.dialect, error) {
            let span = Span::new(&included.source, 0..included.source.text.len());
            let written = Written {
                text: &included.source.text,
                form: Form::File,
                span: &span,
                ..written
            };
            return self.said(written, included.error, included.range, scope);
        }
        self.said(written, error, range, scope)
    }

    fn said(
        &self,
        written: Written<'_>,
        error: &Error,
        range: Option<Range<usize>>,
        scope: &Scope,
    ) -> TemplateError {
        if is_undefined(error)
            && let Some(found) = undefined::explain(self, written, range.clone(), scope)
        {
            return found.into();
        }
        let diagnostic = Diagnostic::new(words(error)).label(&written.place(range), "");
        match help(error) {
            Some(help) => diagnostic.help(help).into(),
            None => diagnostic.into(),
        }
    }
}

/// The bytes of the text that an error is about.
fn own_range(written: &Written<'_>, error: &Error) -> Option<Range<usize>> {
    if error
        .name()
        .is_some_and(|name| includes::path(name).is_some())
    {
        return None;
    }
    let found = error.range()?;
    if error.name() == Some("<expression>") {
        return Some(found.start.min(written.text.len())..found.end.min(written.text.len()));
    }
    let prepared = Prepared::new(written.text, written.form);
    if error.kind() == ErrorKind::SyntaxError {
        // syntax is read before anything is put into it
        return Some(prepared.original(&found));
    }
    let insertions = written.dialect.insertions(&prepared.template);
    Some(prepared.original(&(insertions.original(found.start)..insertions.original(found.end))))
}

/// Adds the place that used what failed.
fn used_here(error: TemplateError, place: &Span) -> TemplateError {
    match error {
        TemplateError::Failed(diagnostic)
            if diagnostic.labels.len() < MOST_PLACES && place.source().is_some() =>
        {
            if diagnostic.labels.iter().any(|label| label.span == *place) {
                return diagnostic.into();
            }
            let said = if diagnostic.span().is_some() {
                "used here"
            } else {
                ""
            };
            diagnostic.label(place, said).into()
        }
        other => other,
    }
}

/// An error in an included file.
struct Included<'e> {
    error: &'e Error,
    source: Arc<Source>,
    range: Option<Range<usize>>,
}

impl<'e> Included<'e> {
    fn of(engine: &Engine, dialect: &Dialect, error: &'e Error) -> Option<Self> {
        let mut inner = error;
        while let Some(cause) = inner
            .source()
            .and_then(|cause| cause.downcast_ref::<Error>())
        {
            inner = cause;
        }
        let path = includes::path(inner.name()?)?;
        let text = String::from_utf8(engine.controller.read(path).ok()?).ok()?;
        let prepared = Prepared::new(&text, Form::File);
        let insertions = dialect.insertions(&prepared.template);
        let range = inner.range().map(|range| match inner.kind() {
            ErrorKind::SyntaxError => range,
            _ => prepared
                .original(&(insertions.original(range.start)..insertions.original(range.end))),
        });
        let source = Arc::new(Source {
            name: path.to_string_lossy().into_owned(),
            text,
        });
        Some(Self {
            error: inner,
            source,
            range,
        })
    }
}

/// Whether something was used that is not defined, be it for a method of its own.
fn is_undefined(error: &Error) -> bool {
    let method = |detail: &str| detail.starts_with("undefined has no method");
    match error.kind() {
        ErrorKind::UndefinedError => true,
        ErrorKind::UnknownMethod => error.detail().is_some_and(method),
        _ => false,
    }
}

/// What is wrong, without minijinja's kinds in front.
fn words(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::SyntaxError, Some(detail)) => format!("the template cannot be read: {detail}"),
        (ErrorKind::UndefinedError, None) => "something undefined is used".to_owned(),
        (ErrorKind::UnknownFilter, Some(detail)) => format!("there is no {}", quoted_name(detail)),
        (ErrorKind::UnknownTest, Some(detail)) => format!("there is no {}", quoted_name(detail)),
        (ErrorKind::UnknownFunction, Some(detail)) => {
            format!(
                "there is no function `{}`",
                detail.strip_suffix(" is unknown").unwrap_or(detail)
            )
        }
        (_, Some(detail)) => match divided_by_zero(detail) {
            Some(operation) => format!("division by zero: {operation}"),
            None => detail.to_owned(),
        },
        (kind, None) => kind.to_string(),
    }
}

/// The operation, if it divides by zero.
fn divided_by_zero(detail: &str) -> Option<&str> {
    let operation = detail.strip_prefix("unable to calculate ")?;
    let by = ["/ 0", "/ 0.0", "% 0", "% 0.0"];
    by.iter()
        .any(|by| operation.ends_with(by))
        .then_some(operation)
}

/// `filter x is unknown` as filter `x`.
fn quoted_name(detail: &str) -> String {
    match detail
        .strip_suffix(" is unknown")
        .and_then(|rest| rest.split_once(' '))
    {
        Some((what, name)) => format!("{what} `{name}`"),
        None => detail.to_owned(),
    }
}

fn help(error: &Error) -> Option<String> {
    let name = || {
        Some(
            error
                .detail()?
                .strip_suffix(" is unknown")?
                .rsplit(' ')
                .next()?
                .to_owned(),
        )
    };
    let meant = |name: &str, known: Vec<&'static str>| {
        Some(format!("did you mean `{}`?", nearest(name, known)?))
    };
    match error.kind() {
        ErrorKind::UnknownFilter => meant(&name()?, super::check::filter_names()),
        ErrorKind::UnknownTest => meant(&name()?, super::check::test_names()),
        ErrorKind::UnknownFunction => meant(&name()?, super::functions::NAMES.to_vec()),
        ErrorKind::InvalidOperation
            if error
                .detail()?
                .starts_with("tried to use % operator on unsupported types string") =>
        {
            Some("to fill in text, write `'...' | format(...)`".to_owned())
        }
        _ => None,
    }
}

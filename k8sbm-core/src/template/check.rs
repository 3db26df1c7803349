//! What is wrong with a template before anything runs.

use super::{
    Engine,
    dialect::Dialect,
    filters, lookups, place,
    source::{Form, Prepared},
    syntax::{Seen, start, walk},
    tests,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Kind, Node, Source, Span, Tag},
    task::TemplateOptions,
};
use minijinja::machinery::{
    ast::{CallArg, Expr},
    parse_expr,
};
use std::{ops::Range, sync::Arc};

/// The names of all filters.
pub(super) fn filter_names() -> Vec<&'static str> {
    filters::all()
        .flat_map(|filter| filter.names)
        .copied()
        .filter(|name| !name.starts_with("__"))
        .collect()
}

/// The names of all tests.
pub(super) fn test_names() -> Vec<&'static str> {
    tests::all().flat_map(|test| test.names).copied().collect()
}

/// A problem and its bytes in the template.
type Found = (Range<usize>, String, Option<String>);

impl Engine {
    /// Checks all templates in a node: their syntax, and that their filters, tests and lookups
    /// exist.
    pub fn check(&self, node: &Node) -> Result<(), Diagnostic> {
        match &node.kind {
            Kind::Str(text) if node.tag == Tag::None && node.is_template() => {
                self.check_text(text, Form::Inline, &node.span)
            }
            Kind::Seq(items) => items.iter().try_for_each(|item| self.check(item)),
            Kind::Map(map) => map.iter().try_for_each(|(key, entry)| {
                if key.contains("{{") {
                    self.check_text(key, Form::Inline, &entry.key)?;
                }
                self.check(&entry.value)
            }),
            _ => Ok(()),
        }
    }

    /// Checks a condition: an expression, or a list of them.
    pub fn check_condition(&self, node: &Node) -> Result<(), Diagnostic> {
        match &node.kind {
            Kind::Str(text) if text.contains("{{") || text.contains("{%") => {
                self.check_text(text, Form::Inline, &node.span)
            }
            Kind::Str(text) if !text.trim().is_empty() => {
                self.check_text(text, Form::Expression, &node.span)
            }
            Kind::Seq(items) => items.iter().try_for_each(|item| self.check_condition(item)),
            _ => Ok(()),
        }
    }

    /// Checks a template file.
    pub fn check_file(
        &self,
        source: &Arc<Source>,
        options: &TemplateOptions,
    ) -> Result<(), Diagnostic> {
        let (options, skipped) = self.header(source, options)?;
        let dialect = self
            .dialect(&options)
            .map_err(|error| Diagnostic::new(error.to_string()))?;
        let span = Span::new(source, skipped..source.text.len());
        self.check_in(&dialect, &source.text[skipped..], Form::File, &span)
    }

    fn check_text(&self, text: &str, form: Form, span: &Span) -> Result<(), Diagnostic> {
        self.check_in(&self.inline, text, form, span)
    }

    fn check_in(
        &self,
        dialect: &Dialect,
        text: &str,
        form: Form,
        span: &Span,
    ) -> Result<(), Diagnostic> {
        let unreadable = |error: minijinja::Error, range: Option<Range<usize>>| {
            let words = error
                .detail()
                .map_or_else(|| error.to_string(), str::to_owned);
            let place = place::within(span, text, range.unwrap_or(0..text.len()));
            Diagnostic::new(format!("the template cannot be read: {words}")).label(&place, "")
        };
        if form == Form::Expression {
            parse_expr(text).map_err(|error| {
                let range = error.range();
                unreadable(error, range)
            })?;
        }
        let prepared = Prepared::new(text, form);
        let stmt = dialect.parse(&prepared.template).map_err(|error| {
            let range = error.range().map(|range| prepared.original(&range));
            unreadable(error, range)
        })?;
        let mut found: Option<Found> = None;
        walk(&stmt, &mut |seen| {
            if let Seen::Expr(expr) = seen
                && found.is_none()
            {
                found = unknown(expr, &prepared.template);
            }
        });
        let Some((range, message, help)) = found else {
            return Ok(());
        };
        let diagnostic = Diagnostic::new(message)
            .label(&place::within(span, text, prepared.original(&range)), "");
        Err(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }
}

/// A filter, test or lookup in an expression that does not exist.
fn unknown(expr: &Expr<'_>, template: &str) -> Option<Found> {
    match expr {
        Expr::Filter(filter) if !known(filter.name, filters::all()) => {
            let range = named(template, expr, filter.name)?;
            Some((
                range,
                format!("there is no filter `{}`", filter.name),
                meant(filter.name, filter_names()),
            ))
        }
        Expr::Filter(filter)
            if matches!(
                filter.name,
                "map" | "select" | "reject" | "selectattr" | "rejectattr"
            ) =>
        {
            let at = usize::from(filter.name.ends_with("attr"));
            let (name, place) = constant(filter.args.get(at)?)?;
            let (is_known, names, what) = match filter.name {
                "map" => (known(&name, filters::all()), filter_names(), "filter"),
                _ => (known(&name, tests::all()), test_names(), "test"),
            };
            (!is_known).then(|| {
                (
                    place,
                    format!("there is no {what} `{name}`"),
                    meant(&name, names),
                )
            })
        }
        Expr::Test(test) if !known(test.name, tests::all()) => {
            let range = named(template, expr, test.name)?;
            Some((
                range,
                format!("there is no test `{}`", test.name),
                meant(test.name, test_names()),
            ))
        }
        Expr::Call(call) => {
            let Expr::Var(function) = &call.expr else {
                return None;
            };
            if !matches!(function.id, "lookup" | "query" | "q") {
                return None;
            }
            let (name, place) = constant(call.args.first()?)?;
            lookups::find(&name)
                .is_none()
                .then(|| (place, lookups::unknown(&name), None))
        }
        _ => None,
    }
}

fn known<'o>(name: &str, mut all: impl Iterator<Item = &'o super::call::Operation>) -> bool {
    all.any(|operation| operation.is_called(name))
}

fn meant(name: &str, known: Vec<&'static str>) -> Option<String> {
    let short = name.rsplit('.').next().unwrap_or(name);
    let nearest = known
        .iter()
        .find(|known| **known == short)
        .copied()
        .or_else(|| nearest(short, known.iter().copied()));
    nearest.map(|meant| format!("did you mean `{meant}`?"))
}

/// The bytes of a filter's or test's name.
fn named(template: &str, expr: &Expr<'_>, name: &str) -> Option<Range<usize>> {
    let from = expr.span().start_offset as usize;
    let at = template.get(from..)?.find(name)? + from;
    Some(at..at + name.len())
}

/// The text of a constant argument, and its bytes.
fn constant(arg: &CallArg<'_>) -> Option<(String, Range<usize>)> {
    match arg {
        CallArg::Pos(expr @ Expr::Const(value)) => Some((
            value.value.as_str()?.to_owned(),
            start(expr)..super::syntax::end(expr),
        )),
        _ => None,
    }
}

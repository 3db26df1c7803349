//! What is wrong with a template before anything runs.

use super::{
    Engine,
    dialect::Dialect,
    filters, lookups, place,
    source::{Form, Prepared},
    syntax::{Seen, start, walk},
    tests as jinja_tests,
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
    jinja_tests::all()
        .flat_map(|test| test.names)
        .copied()
        .collect()
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
                _ => (known(&name, jinja_tests::all()), test_names(), "test"),
            };
            (!is_known).then(|| {
                (
                    place,
                    format!("there is no {what} `{name}`"),
                    meant(&name, names),
                )
            })
        }
        Expr::Test(test) if !known(test.name, jinja_tests::all()) => {
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
            lookups::find(&name).is_none().then(|| {
                let problem = lookups::unknown(&name);
                (place, problem.message, problem.help)
            })
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

#[cfg(test)]
mod tests {
    use crate::template::fixture::{scope, text};
    use serde_json::json;

    #[test]
    fn mistakes_are_found_before_anything_runs() {
        let scope = scope(json!({}));
        let engine = &scope.store().engine;
        let shown: Vec<String> = [
            "{{ ok | lower }} {{ x is defined }}",
            "{{ x | lowr }}",
            "{{ x | ansible.builtin.to_jsn }}",
            "{{ x is defind }}",
            "{{ l | map('uper') | list }}",
            "{{ l | selectattr('a', 'equals', 1) }}",
            "{{ lookup('fil', 'x') }}",
            "{{ x.y.map( }}",
            "a {{ x",
            "{% if x %}",
            "{% for x in 1, 2 %}{{ x | nofilter }}{% endfor %}",
            "{{ '\\d' | regex_replac }}",
        ]
        .map(|template| match engine.check(&text(template)) {
            Ok(()) => format!("{template}: fine"),
            Err(problem) => format!(
                "{template}: {problem} [{}]",
                problem.span().map_or("", |span| span.text())
            ),
        })
        .into();
        insta::assert_snapshot!(shown.join("\n"), @r#"
            {{ ok | lower }} {{ x is defined }}: fine
            {{ x | lowr }}: site.yml:1:8: there is no filter `lowr` (did you mean `lower`?) [lowr]
            {{ x | ansible.builtin.to_jsn }}: site.yml:1:8: there is no filter `ansible.builtin.to_jsn` (did you mean `to_json`?) [ansible.builtin.to_jsn]
            {{ x is defind }}: site.yml:1:9: there is no test `defind` (did you mean `defined`?) [defind]
            {{ l | map('uper') | list }}: site.yml:1:12: there is no filter `uper` (did you mean `upper`?) ['uper']
            {{ l | selectattr('a', 'equals', 1) }}: site.yml:1:24: there is no test `equals` (did you mean `equalto`?) ['equals']
            {{ lookup('fil', 'x') }}: site.yml:1:11: there is no lookup `fil` (did you mean `file`?) ['fil']
            {{ x.y.map( }}: site.yml:1:13: the template cannot be read: unexpected `}` [}]
            a {{ x: site.yml:1:6: the template cannot be read: unexpected end of input, expected end of variable block [x]
            {% if x %}: site.yml:1:9: the template cannot be read: unexpected end of input, expected end of block [%}]
            {% for x in 1, 2 %}{{ x | nofilter }}{% endfor %}: site.yml:1:27: there is no filter `nofilter` [nofilter]
            {{ '\d' | regex_replac }}: site.yml:1:11: there is no filter `regex_replac` (did you mean `regex_replace`?) [regex_replac]
            "#);
    }

    #[test]
    fn conditions_are_checked_as_expressions() {
        let scope = scope(json!({}));
        let engine = &scope.store().engine;
        assert!(
            engine
                .check_condition(&text("x is defined and y | bool"))
                .is_ok()
        );
        let problem = engine
            .check_condition(&text("x is defined and y | bol"))
            .unwrap_err();
        insta::assert_snapshot!(problem, @"site.yml:1:22: there is no filter `bol` (did you mean `bool`?)");
    }
}

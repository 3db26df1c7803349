//! A template's text, compiled once for the whole run.

use super::{TemplateError, escapes, guard::Insertions, tuples};
use crate::{
    node::{Node, Span, Tag},
    value::Value,
    vars::Scope,
};
use minijinja::{
    Error, ErrorKind,
    machinery::{ast::Stmt, parse, parse_expr},
    syntax::SyntaxConfig,
};
use std::{
    cell::RefCell,
    ops::Range,
    sync::{Arc, OnceLock},
};

/// What a text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// A string of a playbook with templates in it.
    Inline,
    /// A template file.
    File,
    /// An expression without braces, as in `when`.
    Expression,
}

/// What a compiled text gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// The value of its one expression.
    Value,
    /// Text.
    Text,
}

/// A text that minijinja knows by `name`.
#[derive(Debug)]
pub(super) struct Source {
    /// Its name in the environment; the first letter says what it gives.
    pub name: String,
    /// What it gives.
    pub gives: Gives,
    /// How many line ends the text has at its end.
    pub newlines: usize,
}

/// The braces that make an expression a template.
const OPEN: &str = "{{ ";
const CLOSE: &str = " }}";

/// The template that stands for a text.
pub(super) struct Prepared {
    /// The expression in braces, the string with its backslashes doubled, or the file; tuples in
    /// loops have parentheses.
    pub template: String,
    /// What was put in, one after the other.
    changes: [Insertions; 2],
    length: usize,
}

impl Prepared {
    /// Prepares a text.
    pub fn new(text: &str, form: Form) -> Self {
        let first = match form {
            Form::Inline if text.contains('\\') => escapes::doubled(text),
            Form::Inline | Form::File => Insertions::default(),
            Form::Expression => {
                Insertions::new(vec![(0, OPEN.to_owned()), (text.len(), CLOSE.to_owned())])
            }
        };
        let template = first.apply(text);
        let second = if template.contains("{%") {
            tuples::enclosed(&template)
        } else {
            Insertions::default()
        };
        Self {
            template: second.apply(&template),
            changes: [first, second],
            length: text.len(),
        }
    }

    /// The bytes of the text that bytes of the template stand for.
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        let [first, second] = &self.changes;
        let back = |at| first.original(second.original(at)).min(self.length);
        back(range.start)..back(range.end)
    }

    /// The bytes of the template that stand for bytes of the text.
    pub fn prepared(&self, range: &Range<usize>) -> Range<usize> {
        let [first, second] = &self.changes;
        let there = |at| second.changed(first.changed(at));
        there(range.start)..there(range.end)
    }
}

/// Reads a text: what it gives, and the template with its guards.
pub(super) fn read(
    text: &str,
    form: Form,
    syntax: &SyntaxConfig,
) -> Result<(Gives, String), Error> {
    if form == Form::Expression {
        parse_expr(text)?;
    }
    let prepared = Prepared::new(text, form);
    let stmt = parse(&prepared.template, "template", syntax.clone())?;
    Ok((
        gives(&stmt),
        Insertions::of(&stmt).apply(&prepared.template),
    ))
}

fn gives(stmt: &Stmt<'_>) -> Gives {
    match stmt {
        Stmt::Template(template) if matches!(template.children[..], [Stmt::EmitExpr(_)]) => {
            Gives::Value
        }
        _ => Gives::Text,
    }
}

/// A template in a variable.
#[derive(Debug)]
pub(crate) struct Text {
    /// The variable, with the way inside it, such as `downloads.etcd.url`.
    pub path: Arc<str>,
    /// The text as read.
    pub text: Arc<str>,
    /// Its place.
    pub span: Span,
    /// Its tag.
    pub tag: Tag,
    source: OnceLock<Result<Arc<Source>, TemplateError>>,
}

/// Through how many variables one may be reached, so that no chain exhausts the stack.
const DEEPEST: usize = 50;

thread_local! {
    /// The templates being rendered for one another on this thread.
    static IN_FLIGHT: RefCell<Vec<(usize, usize, Arc<str>)>> = const { RefCell::new(Vec::new()) };
}

impl Text {
    /// The template of `node`, which holds `text`.
    pub fn new(path: Arc<str>, text: Arc<str>, node: &Node) -> Self {
        Self {
            path,
            text,
            span: node.span.clone(),
            tag: node.tag,
            source: OnceLock::new(),
        }
    }

    /// The value in a scope; errors and undefined names are values too, and show when used.
    pub fn value(&self, scope: &Scope) -> Value {
        match self.render(scope) {
            Ok(value) => value,
            Err(error) if error.kind() == ErrorKind::UndefinedError => Value::UNDEFINED,
            Err(error) => Value::from(error),
        }
    }

    fn render(&self, scope: &Scope) -> Result<Value, Error> {
        let engine = &scope.store().engine;
        if self.tag == Tag::Vault {
            return engine
                .decrypt(&self.text, &self.span)
                .map(Value::from)
                .map_err(TemplateError::raise);
        }
        let source = self.source.get_or_init(|| {
            let read = engine.inline.source(&self.text, Form::Inline);
            read.map_err(|error| {
                engine.diagnose(error, &self.text, Form::Inline, &self.span, scope)
            })
        });
        let source = source.as_ref().map_err(|error| error.clone().raise())?;
        let here = (
            Arc::as_ptr(scope.host()) as usize,
            std::ptr::from_ref(self) as usize,
        );
        let _flight = Flight::enter(here, &self.path)?;
        engine
            .run(source, scope)
            .map_err(|error| match error.kind() {
                ErrorKind::UndefinedError => error,
                _ => engine
                    .diagnose(error, &self.text, Form::Inline, &self.span, scope)
                    .raise(),
            })
    }
}

/// Keeps a template in flight until it is dropped.
struct Flight;

impl Flight {
    fn enter((host, text): (usize, usize), path: &Arc<str>) -> Result<Self, Error> {
        IN_FLIGHT.with_borrow_mut(|flights| {
            if let Some(first) = flights
                .iter()
                .position(|flight| (flight.0, flight.1) == (host, text))
            {
                let mut chain: Vec<String> = flights[first..]
                    .iter()
                    .map(|flight| format!("`{}`", flight.2))
                    .collect();
                chain.push(format!("`{path}`"));
                let words = format!(
                    "variables refer to each other in a circle: {}",
                    chain.join(" -> ")
                );
                return Err(Error::new(ErrorKind::InvalidOperation, words));
            }
            if flights.len() >= DEEPEST {
                let words = format!(
                    "`{path}` is reached through {DEEPEST} other variables, which is too deep"
                );
                return Err(Error::new(ErrorKind::InvalidOperation, words));
            }
            flights.push((host, text, path.clone()));
            Ok(Self)
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        IN_FLIGHT.with_borrow_mut(|flights| drop(flights.pop()));
    }
}

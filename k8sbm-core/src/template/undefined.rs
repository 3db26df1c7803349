//! Finds out what exactly is undefined, once something is.
//!
//! minijinja says where something undefined was used, and not always that. Here the expressions
//! there are evaluated again part by part, which may take its time: the run has failed.

use super::{
    Engine, Tree,
    call::class_of,
    diagnose::Written,
    dialect::Dialect,
    source::{Form, Prepared, Text},
    syntax::{self, Seen, end, start, walk},
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    value::Value,
    vars::Scope,
};
use minijinja::{
    machinery::ast::{BinOpKind, CallArg, Expr, Stmt},
    value::ValueKind,
};
use std::{collections::HashSet, ops::Range, sync::Arc};

/// How many variables are followed from the one that is used to the one that is missing.
const MOST_STEPS: usize = 8;

/// Says what is undefined in a text.
pub(super) fn explain(
    engine: &Engine,
    written: Written<'_>,
    range: Option<Range<usize>>,
    scope: &Scope,
) -> Option<Diagnostic> {
    Search {
        engine,
        scope,
        steps: MOST_STEPS,
    }
    .text(written, range)
}

struct Search<'a> {
    engine: &'a Engine,
    scope: &'a Scope,
    steps: usize,
}

/// One text that is searched.
struct Place<'a> {
    search: &'a Search<'a>,
    dialect: &'a Dialect,
    template: &'a str,
    bound: HashSet<&'a str>,
}

/// What is undefined: its bytes in the template, what it is called, and why.
struct Culprit {
    range: Range<usize>,
    name: String,
    /// What was asked for it, in Ansible's words.
    lack: Option<String>,
    meant: Option<String>,
    cause: Option<Diagnostic>,
}

impl Search<'_> {
    fn text(&self, written: Written<'_>, range: Option<Range<usize>>) -> Option<Diagnostic> {
        let dialect = written.dialect;
        let prepared = Prepared::new(written.text, written.form);
        let stmt = dialect.parse(&prepared.template).ok()?;
        let mut bound = HashSet::new();
        walk(&stmt, &mut |seen| {
            if let Seen::Bound(name) = seen {
                bound.insert(name);
            }
        });
        let place = Place {
            search: self,
            dialect,
            template: &prepared.template,
            bound,
        };
        let near = range.map(|range| prepared.prepared(&range));
        let mut found = None;
        for expr in roots(&stmt) {
            let overlaps = near.as_ref().is_none_or(|near| {
                start(expr) < near.end && near.start < end(expr).max(start(expr) + 1)
            });
            if found.is_none() && overlaps {
                found = place.used(expr);
            }
        }
        // Of what a loop binds only the list is known here.
        let is_certain = found.as_ref().is_some_and(|it| !place.is_bound(&it.name));
        let held = || roots(&stmt).into_iter().find_map(|it| place.held(it));
        let culprit = if is_certain { found } else { held().or(found) }?;
        let own = prepared.original(&culprit.range);
        let here = written.place(Some(own));
        Some(match culprit.cause {
            Some(cause) => cause.label(&here, format!("`{}` is used here", culprit.name)),
            None => {
                // These words are Ansible's: playbooks look for them in results.
                let said = match culprit.lack {
                    Some(lack) => format!("'{}' is undefined: {lack}", culprit.name),
                    None => format!("'{}' is undefined", culprit.name),
                };
                let said = Diagnostic::new(said).label(&here, "");
                match culprit.meant {
                    Some(meant) => said.help(format!("did you mean `{meant}`?")),
                    None => said,
                }
            }
        })
    }
}

/// The expressions of a template that are no parts of others.
fn roots<'t, 's>(stmt: &'t Stmt<'s>) -> Vec<&'t Expr<'s>> {
    let mut all = Vec::new();
    let mut inner: HashSet<*const Expr<'s>> = HashSet::new();
    walk(stmt, &mut |seen| {
        if let Seen::Expr(expr) = seen {
            if !inner.contains(&std::ptr::from_ref(expr)) {
                all.push(expr);
            }
            syntax::children(expr, &mut |child| {
                inner.insert(std::ptr::from_ref(child));
            });
        }
    });
    all
}

impl<'a> Place<'a> {
    /// What is undefined in an expression whose value is used.
    fn used(&self, expr: &Expr<'a>) -> Option<Culprit> {
        match expr {
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => self.link(expr),
            Expr::BinOp(op) if matches!(op.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                self.used(&op.left).or_else(|| {
                    let left = self.value(&op.left).is_none_or(|left| left.is_true());
                    let decided = left == matches!(op.op, BinOpKind::ScOr);
                    if decided { None } else { self.used(&op.right) }
                })
            }
            Expr::IfExpr(branch) => self.used(&branch.test_expr).or_else(|| {
                let holds = self
                    .value(&branch.test_expr)
                    .is_none_or(|value| value.is_true());
                if holds {
                    self.used(&branch.true_expr)
                } else {
                    self.used(branch.false_expr.as_ref()?)
                }
            }),
            Expr::Filter(filter) if matches!(bare(filter.name), "default" | "d") => {
                let subject = filter.expr.as_ref()?;
                if self
                    .value(subject)
                    .is_some_and(|value| !value.is_undefined())
                {
                    return self.used(subject);
                }
                filter
                    .args
                    .first()
                    .and_then(|fallback| self.used(syntax::argument(fallback)))
            }
            Expr::Filter(filter) if bare(filter.name) == "mandatory" => None,
            Expr::Test(test) if matches!(bare(test.name), "defined" | "undefined") => None,
            _ => {
                let mut found = None;
                syntax::children(expr, &mut |child| {
                    if found.is_none() {
                        found = self.used(child);
                    }
                });
                found.or_else(|| self.unmapped(expr))
            }
        }
    }

    /// The item of `map(attribute='name')` that has none.
    fn unmapped(&self, expr: &Expr<'a>) -> Option<Culprit> {
        let Expr::Filter(filter) = expr else {
            return None;
        };
        let attribute = filter.args.iter().find_map(|argument| match argument {
            CallArg::Kwarg("attribute", name) => self.value(name),
            _ => None,
        });
        let attribute = attribute.filter(|_| bare(filter.name) == "map")?;
        let items = self.value(filter.expr.as_ref()?)?;
        let lacks = |item: &Value| item.get_item(&attribute).is_ok_and(|it| it.is_undefined());
        let at = items.try_iter().ok()?.position(|item| lacks(&item))?;
        let range = start(expr)..end(expr);
        Some(Culprit {
            name: self.template[range.clone()].to_owned(),
            range,
            lack: None,
            meant: None,
            cause: Some(Diagnostic::new(format!(
                "item {at} of the list has no attribute '{attribute}'"
            ))),
        })
    }

    /// Whether a chain of names begins with one that the template itself binds.
    fn is_bound(&self, chain: &str) -> bool {
        let first = chain.split(['.', '[']).next().unwrap_or_default();
        self.bound.contains(first)
    }

    /// The first link of a chain such as `a.b[c].d` that is missing.
    fn link(&self, expr: &Expr<'a>) -> Option<Culprit> {
        let (base, key) = match expr {
            Expr::Var(var) => return self.variable(var.id, expr),
            Expr::GetAttr(attr) => (&attr.expr, Some(Value::from(attr.name))),
            Expr::GetItem(item) => {
                if let Some(inner) = self.used(&item.subscript_expr) {
                    return Some(inner);
                }
                (&item.expr, self.value(&item.subscript_expr))
            }
            _ => return self.used(expr),
        };
        if let Some(earlier) = self.link(base) {
            return Some(earlier);
        }
        if self.value(expr).is_some_and(|value| !value.is_undefined()) {
            return None;
        }
        let container = self.value(base);
        let keys = container
            .as_ref()
            .and_then(|value| value.try_iter().ok())
            .into_iter()
            .flatten();
        let names: Vec<String> = keys
            .filter_map(|key| key.as_str().map(str::to_owned))
            .take(10_000)
            .collect();
        let is_map = container
            .as_ref()
            .is_some_and(|value| value.kind() == ValueKind::Map);
        let lack = container.as_ref().zip(key.as_ref()).map(|(it, key)| {
            let key = key
                .as_str()
                .map_or(key.to_string(), |key| format!("'{key}'"));
            format!("object of type '{}' has no attribute {key}", class_of(it))
        });
        let meant = key.filter(|_| is_map).and_then(|key| {
            nearest(key.as_str()?, names.iter().map(String::as_str)).map(str::to_owned)
        });
        let range = start(expr)..end(expr);
        // the variable exists, and what is missing may be missing in its own template
        let cause = self.inside_variable(expr);
        Some(Culprit {
            name: self.template[range.clone()].to_owned(),
            range,
            lack,
            meant,
            cause,
        })
    }

    fn variable(&self, name: &str, expr: &Expr<'a>) -> Option<Culprit> {
        if self.bound.contains(name) || matches!(name, "loop" | "self" | "caller") {
            return None;
        }
        let frame = &self.search.scope.0;
        match frame.find(name) {
            Some(value) if !value.is_undefined() => return None,
            None if super::functions::NAMES.contains(&name) => return None,
            _ => {}
        }
        let range = start(expr)..end(expr);
        let cause = self.inside_variable(expr);
        let names = frame.names();
        let known = names
            .iter()
            .map(|name| &**name)
            .filter(|known| *known != name);
        let meant = nearest(name, known.chain(self.bound.iter().copied())).map(str::to_owned);
        Some(Culprit {
            range,
            name: name.to_owned(),
            lack: None,
            meant: meant.filter(|_| cause.is_none()),
            cause,
        })
    }

    /// What is undefined in the template of the variable that a chain reaches.
    fn inside_variable(&self, expr: &Expr<'a>) -> Option<Diagnostic> {
        self.inside(&*self.written(expr)?)
    }

    /// What is undefined in the template of a variable.
    fn inside(&self, text: &Text) -> Option<Diagnostic> {
        if self.search.steps == 0 {
            return None;
        }
        let deeper = Search {
            steps: self.search.steps - 1,
            ..*self.search
        };
        let dialect = &self.search.engine.inline;
        deeper.text(
            Written {
                dialect,
                text: &text.text,
                form: Form::Inline,
                span: &text.span,
            },
            None,
        )
    }

    /// What is undefined in an item of the list or mapping that a chain of names reaches.
    fn held(&self, expr: &Expr<'a>) -> Option<Culprit> {
        let mut trees = vec![self.reached(expr)?];
        let mut cause = None;
        while let (None, Some(tree)) = (&cause, trees.pop()) {
            match tree {
                Tree::Map(entries) => trees.extend(entries.values().cloned()),
                Tree::Seq(items) => trees.extend(items.iter().rev().cloned()),
                Tree::Text(text) => cause = self.inside(&text),
                _ => {}
            }
        }
        let range = start(expr)..end(expr);
        Some(Culprit {
            name: self.template[range.clone()].to_owned(),
            range,
            lack: None,
            meant: None,
            cause: Some(cause?),
        })
    }

    /// The template that a chain of names reaches in a variable as it was written.
    fn written(&self, expr: &Expr<'a>) -> Option<Arc<Text>> {
        match self.reached(expr)? {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a chain of names reaches in a variable as it was written.
    fn reached(&self, expr: &Expr<'a>) -> Option<Tree> {
        let mut way = Vec::new();
        let mut at = expr;
        let name = loop {
            match at {
                Expr::Var(var) => break var.id,
                Expr::GetAttr(attr) => {
                    way.push(Value::from(attr.name));
                    at = &attr.expr;
                }
                Expr::GetItem(item) => {
                    way.push(self.value(&item.subscript_expr)?);
                    at = &item.expr;
                }
                _ => return None,
            }
        };
        let mut tree = self.search.scope.0.tree(name)?;
        for key in way.into_iter().rev() {
            tree = match &tree {
                Tree::Map(entries) => entries.get(key.as_str()?)?.clone(),
                Tree::Seq(items) => items.get(key.as_usize()?)?.clone(),
                _ => return None,
            };
        }
        Some(tree)
    }

    /// The value of a part of the template, undefined or not; nothing if it has none by itself.
    fn value(&self, expr: &Expr<'a>) -> Option<Value> {
        let text: Arc<str> = self.template.get(start(expr)..end(expr))?.into();
        let source = self.dialect.source(&text, Form::Expression).ok()?;
        match self
            .dialect
            .run(&source, self.search.scope, self.search.engine.compat)
        {
            Ok(value) => Some(value),
            Err(error) if error.kind() == minijinja::ErrorKind::UndefinedError => {
                Some(Value::UNDEFINED)
            }
            Err(_) => None,
        }
    }
}

/// A name without its collection.
fn bare(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.").unwrap_or(name)
}

#[cfg(test)]
mod tests;

//! Lookups: what templates fetch from the controller, and ways to make lists for loops.

mod ask;
mod csv;
mod environment;
mod files;
mod first_found;
mod hosts;
mod ini;
mod inline;
mod lists;
mod password;
mod sequence;
mod structured;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod variables;

use super::{
    Engine, TemplateError,
    call::{fail, items},
    source::Form,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Node, Span},
    value::Value,
    vars::{Frame, SCOPE, Scope},
};
use ask::Ask;
use minijinja::{Error, State};
use std::sync::Arc;

pub(super) use password::{SALT, random};
pub(super) use tree::glob;

/// A lookup: its names and what it does.
pub(super) struct Lookup {
    names: &'static [&'static str],
    collections: &'static [&'static str],
    run: fn(&Ask<'_>) -> Result<Vec<Value>, Error>,
}

impl Lookup {
    const fn new(
        names: &'static [&'static str],
        run: fn(&Ask<'_>) -> Result<Vec<Value>, Error>,
    ) -> Self {
        Self {
            names,
            collections: &["ansible.builtin"],
            run,
        }
    }

    const fn of(mut self, collections: &'static [&'static str]) -> Self {
        self.collections = collections;
        self
    }
}

fn all() -> impl Iterator<Item = &'static Lookup> {
    [
        csv::LOOKUPS,
        environment::LOOKUPS,
        files::LOOKUPS,
        first_found::LOOKUPS,
        hosts::LOOKUPS,
        ini::LOOKUPS,
        lists::LOOKUPS,
        password::LOOKUPS,
        sequence::LOOKUPS,
        structured::LOOKUPS,
        template::LOOKUPS,
        tree::LOOKUPS,
        variables::LOOKUPS,
    ]
    .into_iter()
    .flatten()
}

/// The lookup called `name`, short or with its collection.
pub(super) fn find(name: &str) -> Option<&'static Lookup> {
    let (collection, short) = name
        .rsplit_once('.')
        .map_or((None, name), |(collection, short)| {
            (Some(collection), short)
        });
    let fits = |lookup: &&Lookup| {
        lookup.names.contains(&short)
            && collection.is_none_or(|collection| lookup.collections.contains(&collection))
    };
    all().find(fits)
}

/// What is said of a lookup that does not exist.
pub(super) fn unknown(name: &str) -> Diagnostic {
    let problem = Diagnostic::new(format!("there is no lookup `{name}`"));
    match nearest(name, all().flat_map(|lookup| lookup.names.iter().copied())) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem,
    }
}

/// The scope of a rendering.
pub(super) fn scope(state: &State<'_, '_>) -> Result<Scope, Error> {
    let frame = state
        .lookup(SCOPE)
        .and_then(|value| value.downcast_object::<Frame>());
    frame
        .map(Scope)
        .ok_or_else(|| fail("this needs the variables of a host"))
}

/// The engine of a rendering.
pub(super) fn engine(state: &State<'_, '_>) -> Result<Arc<Engine>, Error> {
    scope(state).map(|scope| scope.store().engine.clone())
}

/// `lookup(name, ...)`, or `query(name, ...)` if a list is wanted.
pub(super) fn call(
    state: &mut State<'_, '_>,
    given: &[Value],
    wantlist: bool,
) -> Result<Value, Error> {
    let scope = scope(state)?;
    let call = super::call::Call::new(&["*", "**"], given);
    let (name, terms) = call
        .positional
        .split_first()
        .ok_or_else(|| fail("the name of a lookup is missing"))?;
    let name = name
        .as_str()
        .ok_or_else(|| fail("the name of a lookup has to be text"))?;
    let lookup = find(name).ok_or_else(|| TemplateError::from(unknown(name)).raise())?;
    let flag = |name: &str| call.named(name).map(|value| value.is_true());
    let wantlist = flag("wantlist").unwrap_or(wantlist);
    let errors = call.named("errors").map(|how| how.to_string());
    let mut options = call.all_named();
    options.retain(|(name, _)| !matches!(name.as_str(), "wantlist" | "errors"));
    let ask = Ask {
        name,
        terms,
        options,
        scope: &scope,
    };
    let found = match ((lookup.run)(&ask), errors.as_deref()) {
        (Err(error), Some("ignore" | "warn")) if TemplateError::caught(&error).is_none() => {
            return Ok(if wantlist {
                Value::from(Vec::<Value>::new())
            } else {
                Value::from(())
            });
        }
        (found, _) => found?,
    };
    if wantlist {
        return Ok(Value::from(found));
    }
    Ok(match &found[..] {
        [one] => one.clone(),
        many if !many.is_empty() && many.iter().all(|item| item.as_str().is_some()) => Value::from(
            many.iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(","),
        ),
        _ => Value::from(found),
    })
}

impl Engine {
    /// The items of a `with_<kind>` loop.
    pub fn with_items(
        &self,
        kind: &str,
        terms: &Node,
        scope: &Scope,
    ) -> Result<Vec<Value>, TemplateError> {
        let problem = |error: Error| self.diagnose(error, "", Form::Inline, &terms.span, scope);
        let lookup =
            find(kind).ok_or_else(|| TemplateError::from(unknown(kind).or_at(&terms.span)))?;
        let value = if kind.ends_with("first_found") {
            first_found::lenient_terms(self, terms, scope)?
        } else {
            self.value(terms, scope)?
        };
        let terms = if super::call::is_list(&value) {
            items(&value).map_err(problem)?
        } else {
            vec![value]
        };
        let ask = Ask {
            name: kind,
            terms: &terms,
            options: Vec::new(),
            scope,
        };
        (lookup.run)(&ask)
            .and_then(|found| found.into_iter().map(super::finish::finish).collect())
            .map_err(problem)
    }

    /// The name of a lookup that is nearest to what was typed, for `with_<kind>`.
    pub fn nearest_lookup(&self, typed: &str) -> Option<&'static str> {
        nearest(typed, all().flat_map(|lookup| lookup.names.iter().copied()))
    }

    /// Whether a lookup of that name exists, for `with_<kind>`.
    pub fn has_lookup(&self, kind: &str) -> bool {
        find(kind).is_some()
    }
}

/// The place of text that has none.
fn nowhere() -> Span {
    Span::none()
}

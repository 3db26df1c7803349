//! What all hosts are said to be, and where that is said: for judging an inventory as a whole.

use super::{Magic, Scope, Store};
use crate::{
    diagnostic::Diagnostic,
    node::Span,
    value::{self, Value},
};
use std::{fmt, sync::Arc};

/// The variables of all hosts, each with its place.
#[derive(Clone)]
pub struct Survey {
    store: Arc<Store>,
    magic: Arc<Magic>,
}

/// A variable of a host.
#[derive(Clone, Debug)]
pub struct Said {
    /// What it is, rendered.
    pub value: Value,
    /// Where it was set; nowhere for what the engine says itself.
    pub span: Span,
}

impl Said {
    /// It as text, as a template would write it.
    pub fn text(&self) -> String {
        value::python_str(&self.value)
    }
}

impl Survey {
    /// Over the hosts of a store.
    pub fn new(store: Arc<Store>, magic: Arc<Magic>) -> Self {
        Self { store, magic }
    }

    /// The hosts of a group, in the order of the inventory; none when there is no such group.
    pub fn group(&self, name: &str) -> Vec<Arc<str>> {
        self.store
            .group(name)
            .map_or_else(Vec::new, |hosts| hosts.to_vec())
    }

    /// A host's variable.
    ///
    /// # Errors
    /// When its template cannot be rendered, or is of something undefined.
    pub fn said(&self, host: &str, name: &str) -> Result<Option<Said>, Diagnostic> {
        let Some(vars) = self.store.host_named(host) else {
            return Ok(None);
        };
        let scope = Scope::new(&self.store, &vars).with_magic(self.magic.clone());
        let Some(set) = scope.explain(name).into_iter().next() else {
            return Ok(None);
        };
        match scope.get(name) {
            Ok(Some(value)) => Ok(Some(Said {
                value,
                span: set.span,
            })),
            Ok(None) => {
                let message = format!(
                    "`{name}` is `{}`, which is undefined",
                    set.text.trim().trim_matches('"')
                );
                Err(Diagnostic::new(message).label(&set.span, ""))
            }
            Err(error) => {
                let known = error.diagnostic().cloned();
                let known = known.unwrap_or_else(|| Diagnostic::new(error.to_string()));
                Err(known.or_at(&set.span))
            }
        }
    }
}

impl fmt::Debug for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Survey")
    }
}

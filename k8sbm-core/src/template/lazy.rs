//! Lists and mappings whose parts are rendered when they are reached.

use super::Tree;
use crate::{
    value::{Dict, Value},
    vars::Scope,
};
use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectExt, ObjectRepr};
use std::sync::Arc;

/// A list in a scope.
pub(super) fn list(items: &Arc<[Tree]>, scope: &Scope) -> Value {
    Value::from_object(LazyList {
        items: items.clone(),
        scope: scope.clone(),
    })
}

/// A mapping in a scope.
pub(super) fn map(entries: &Arc<IndexMap<Arc<str>, Tree>>, scope: &Scope) -> Value {
    Value::from_object(LazyMap {
        entries: entries.clone(),
        scope: scope.clone(),
    })
}

/// A mapping with templates as keys: the keys are needed at once, and so are rendered at once.
pub(super) fn keyed(entries: &Arc<[(Tree, Tree)]>, scope: &Scope) -> Value {
    let mut map = Dict::new();
    for (key, value) in entries.iter() {
        let key = key.value(scope);
        if matches!(
            key.kind(),
            minijinja::value::ValueKind::Invalid | minijinja::value::ValueKind::Undefined
        ) {
            return key;
        }
        map.insert(key, value.value(scope));
    }
    Value::from_object(map)
}

#[derive(Debug)]
struct LazyList {
    items: Arc<[Tree]>,
    scope: Scope,
}

impl Object for LazyList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(self.items.get(key.as_usize()?)?.value(&self.scope))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items.len())
    }
}

#[derive(Debug)]
struct LazyMap {
    entries: Arc<IndexMap<Arc<str>, Tree>>,
    scope: Scope,
}

impl Object for LazyMap {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(self.entries.get(key)?.value(&self.scope))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|this| Box::new(this.entries.keys().cloned().map(Value::from)))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.entries.len())
    }
}

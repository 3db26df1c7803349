//! What one host has of its own.

use super::{Layer, Names, Variable};
use crate::{
    node::Span,
    value::{Dict, Value},
};

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// The variables of one host: its inventory layers, and what the run gave it.
///
/// The runner writes, templates read at the same time.
#[derive(Debug)]
pub struct HostVars {
    /// Its name in the inventory.
    pub name: Arc<str>,
    /// The inventory file that named it first.
    pub inventory_file: Option<Arc<str>>,
    own: RwLock<Own>,
}

#[derive(Debug, Default)]
pub(super) struct Own {
    pub layers: Arc<[Arc<Layer>]>,
    pub groups: Arc<[Arc<str>]>,
    pub facts: Option<Arc<Facts>>,
    pub included: Vec<Arc<Layer>>,
    /// Files of the play whose names depend on the host, the strongest last.
    pub files: Vec<Arc<Layer>>,
    pub set: Names<Arc<Variable>>,
}

impl HostVars {
    /// A host with its inventory layers, lowest first, and the groups it is in.
    pub fn new(
        name: impl Into<Arc<str>>,
        layers: Arc<[Arc<Layer>]>,
        groups: Arc<[Arc<str>]>,
    ) -> Self {
        let own = Own {
            layers,
            groups,
            ..Own::default()
        };
        Self {
            name: name.into(),
            inventory_file: None,
            own: RwLock::new(own),
        }
    }

    /// The same host, with the inventory file it came from.
    #[must_use]
    pub fn with_inventory_file(mut self, path: impl Into<Arc<str>>) -> Self {
        self.inventory_file = Some(path.into());
        self
    }

    /// Sets a fact or a registered result, replacing what was set before.
    pub fn set(&self, name: &Arc<str>, value: Value, span: Span) {
        self.write()
            .set
            .insert(name.clone(), Arc::new(Variable::ready(value, span)));
    }

    /// Forgets a fact or a registered result.
    pub fn unset(&self, name: &str) {
        self.write().set.shift_remove(name);
    }

    /// Adds what `include_vars` read; the newest wins.
    pub fn include(&self, layer: Arc<Layer>) {
        self.write().included.push(layer);
    }

    /// Replaces what `vars_files` of the play gave it by names that depend on it.
    pub fn set_files(&self, layers: Vec<Arc<Layer>>) {
        self.write().files = layers;
    }

    /// Adds facts under the names a module returned them with; known ones are replaced.
    pub fn add_facts(&self, facts: impl IntoIterator<Item = (Arc<str>, Value)>) {
        let mut own = self.write();
        own.facts = Some(Arc::new(Facts::merge(own.facts.as_deref(), facts)));
    }

    /// Replaces all facts, such as with those of a cache; `None` forgets them.
    pub fn set_facts(&self, facts: Option<Arc<Facts>>) {
        self.write().facts = facts;
    }

    /// The facts, if any were gathered.
    pub fn facts(&self) -> Option<Arc<Facts>> {
        self.read().facts.clone()
    }

    /// The names of the groups it is in.
    pub fn groups(&self) -> Arc<[Arc<str>]> {
        self.read().groups.clone()
    }

    /// Replaces the names of the groups it is in, after `add_host` or `group_by`.
    pub fn set_groups(&self, groups: Arc<[Arc<str>]>) {
        self.write().groups = groups;
    }

    /// Replaces its inventory layers, after `add_host` or a new group.
    pub fn set_layers(&self, layers: Arc<[Arc<Layer>]>) {
        self.write().layers = layers;
    }

    /// Its inventory layers, lowest first.
    pub fn layers(&self) -> Arc<[Arc<Layer>]> {
        self.read().layers.clone()
    }

    /// What was set or registered under `name`.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.read()
            .set
            .get(name)
            .and_then(|variable| variable.tree().err().cloned())
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Own> {
        self.own.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Own> {
        self.own.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The facts of a host, in the two shapes playbooks use.
#[derive(Debug)]
pub struct Facts {
    /// `ansible_facts`: every fact, its name without the prefix `ansible_`.
    pub namespaced: Value,
    /// The facts that were returned without the prefix, and so are variables without it.
    bare: HashSet<Arc<str>>,
}

impl Facts {
    /// Facts under the names a module returned them with, such as `ansible_os_family`.
    pub fn new(facts: impl IntoIterator<Item = (Arc<str>, Value)>) -> Self {
        Self::merge(None, facts)
    }

    fn merge(before: Option<&Self>, facts: impl IntoIterator<Item = (Arc<str>, Value)>) -> Self {
        let mut bare = before.map(|facts| facts.bare.clone()).unwrap_or_default();
        let mut namespaced = Dict::new();
        if let Some(pairs) = before.and_then(|facts| facts.namespaced.as_object()?.try_iter_pairs())
        {
            namespaced.extend(pairs);
        }
        for (name, value) in facts {
            // `ansible_local` keeps its prefix in both shapes
            match name.strip_prefix("ansible_") {
                Some(short) if short != "local" => namespaced.insert(Value::from(short), value),
                _ => {
                    bare.insert(name.clone());
                    namespaced.insert(Value::from(name), value)
                }
            };
        }
        Self {
            namespaced: Value::from_object(namespaced),
            bare,
        }
    }

    /// The fact that is the variable `name`.
    pub fn get(&self, name: &str) -> Option<Value> {
        let key = if self.bare.contains(name) {
            name
        } else {
            name.strip_prefix("ansible_")?
        };
        self.namespaced
            .get_attr(key)
            .ok()
            .filter(|value| !value.is_undefined())
    }

    /// The names under which the facts are variables.
    pub fn names(&self) -> Vec<Arc<str>> {
        let keys = self.namespaced.try_iter().into_iter().flatten();
        keys.filter_map(|key| {
            let key = key.to_str()?;
            Some(if self.bare.contains(&key) {
                key
            } else {
                format!("ansible_{key}").into()
            })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_variables_with_and_without_the_prefix() {
        let host = HostVars::new("a", Arc::new([]), Arc::new([]));
        host.add_facts([("ansible_os_family".into(), Value::from("Debian"))]);
        host.add_facts([
            ("services".into(), Value::from(1)),
            ("ansible_local".into(), Value::from(2)),
        ]);
        let facts = host.facts().unwrap();
        assert_eq!(
            facts.get("ansible_os_family").unwrap().as_str(),
            Some("Debian")
        );
        assert_eq!(facts.get("services").unwrap(), Value::from(1));
        assert_eq!(facts.get("ansible_local").unwrap(), Value::from(2));
        assert!(facts.get("os_family").is_none());
        assert_eq!(
            facts.namespaced.get_attr("os_family").unwrap().as_str(),
            Some("Debian")
        );
    }
}

//! Which setting of a name wins.

use super::{Frame, Layer, Level, Scope, Variable, absolute, hostvars};
use crate::{
    template::{TemplateError, Tree},
    value::Value,
};
use std::{path::Path, sync::Arc};

impl Frame {
    /// The value of a name: rendered, an error to raise, undefined, or `None` if nobody set it.
    pub(crate) fn find(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| &**local == name) {
            return Some(value.clone());
        }
        if let Some(pending) = &self.pending
            && let Some(name) = pending.get(name)
        {
            return Some(Value::from(TemplateError::Pending(name.clone()).raise()));
        }
        let found = self.magic(name).or_else(|| self.on_ladder(name));
        match (found, name) {
            // A task knows where its host is reached, though nobody set it.
            (None, "ansible_host") => Some(Value::from(self.host.name.clone())),
            (found, _) => found,
        }
    }

    /// What the engine itself sets.
    pub(super) fn magic(self: &Arc<Self>, name: &str) -> Option<Value> {
        let host = &self.host;
        match name {
            "inventory_hostname" => Some(Value::from(host.name.clone())),
            "inventory_hostname_short" => {
                Some(Value::from(host.name.split('.').next().unwrap_or_default()))
            }
            "inventory_file" => host.inventory_file.clone().map(Value::from),
            "inventory_dir" => {
                let folder = Path::new(&**host.inventory_file.as_ref()?).parent()?;
                Some(Value::from(folder.to_string_lossy().into_owned()))
            }
            "group_names" => Some(
                host.groups()
                    .iter()
                    .cloned()
                    .map(Value::from)
                    .collect::<Vec<_>>()
                    .into(),
            ),
            "groups" => Some(self.store.groups_value()),
            "hostvars" => Some(hostvars::hostvars(self)),
            "ansible_facts" => Some(host.facts().map_or_else(
                || Value::from_pairs([("", ""); 0]),
                |facts| facts.namespaced.clone(),
            )),
            "vars" => Some(hostvars::vars(self)),
            "omit" => Some(crate::template::omit()),
            "ansible_search_path" if !self.search.is_empty() => {
                let folders = self.search.iter().map(|folder| absolute(folder));
                Some(folders.map(Value::from).collect::<Vec<_>>().into())
            }
            _ => self.magic.get(name),
        }
    }

    /// What the winning step of the ladder holds.
    fn on_ladder(self: &Arc<Self>, name: &str) -> Option<Value> {
        match self.winner(name)? {
            Winner::Layer(layer) => layer.vars.get(name).map(|variable| self.value_of(variable)),
            Winner::Set(variable) => Some(self.value_of(&variable)),
            Winner::Fact(value) => Some(value),
        }
    }

    /// The winning setting; the host's lock is held here and never while rendering.
    fn winner(&self, name: &str) -> Option<Winner> {
        let holds = |layer: &&Arc<Layer>| layer.vars.contains_key(name);
        if holds(&&self.store.extra) {
            return Some(Winner::Layer(self.store.extra.clone()));
        }
        let mut layers = self.layers.iter().rev().peekable();
        let mut above = |level: Level| {
            std::iter::from_fn(|| layers.next_if(|layer| layer.level > level))
                .find(holds)
                .cloned()
                .map(Winner::Layer)
        };
        let own = self.host.read();
        above(Level::SetFacts)
            .or_else(|| own.set.get(name).cloned().map(Winner::Set))
            .or_else(|| above(Level::IncludeVars))
            .or_else(|| {
                own.included
                    .iter()
                    .rev()
                    .find(holds)
                    .cloned()
                    .map(Winner::Layer)
            })
            .or_else(|| above(Level::VarsFiles))
            .or_else(|| {
                let files = own.files.iter().rev();
                files.clone().find(holds).cloned().map(Winner::Layer)
            })
            .or_else(|| above(Level::Facts))
            .or_else(|| own.facts.as_ref()?.get(name).map(Winner::Fact))
            .or_else(|| {
                own.layers
                    .iter()
                    .rev()
                    .find(holds)
                    .cloned()
                    .map(Winner::Layer)
            })
            .or_else(|| layers.find(holds).cloned().map(Winner::Layer))
    }

    /// The winning setting as it was written.
    pub(crate) fn tree(&self, name: &str) -> Option<Tree> {
        match self.winner(name)? {
            Winner::Layer(layer) => layer.vars.get(name)?.tree().ok().cloned(),
            Winner::Set(variable) => variable.tree().ok().cloned(),
            Winner::Fact(_) => None,
        }
    }

    fn value_of(self: &Arc<Self>, variable: &Variable) -> Value {
        match variable.tree() {
            Ok(tree) => tree.value(&Scope(self.clone())),
            Err(value) => value.clone(),
        }
    }

    /// All names that can be looked up.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = self.locals.iter().map(|(name, _)| name.clone()).collect();
        names.extend(MAGIC.iter().map(|name| Arc::from(*name)));
        names.extend(self.magic.names());
        let own = self.host.read();
        let layers = own
            .layers
            .iter()
            .chain(&own.files)
            .chain(&own.included)
            .chain(self.layers.iter())
            .chain([&self.store.extra]);
        names.extend(layers.flat_map(|layer: &Arc<Layer>| layer.vars.keys().cloned()));
        names.extend(own.set.keys().cloned());
        names.extend(own.facts.iter().flat_map(|facts| facts.names()));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Where the winning setting stands.
enum Winner {
    Layer(Arc<Layer>),
    Set(Arc<Variable>),
    Fact(Value),
}

/// The magic variables every host has.
pub(super) const MAGIC: [&str; 8] = [
    "ansible_facts",
    "group_names",
    "groups",
    "hostvars",
    "inventory_hostname",
    "inventory_hostname_short",
    "omit",
    "vars",
];

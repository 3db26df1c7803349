//! An inventory with the variables of its hosts.

use crate::trouble::Trouble;
use k8sbm_core::{
    diagnostic::nearest,
    inventory::{GroupId, HostId, Inventory, Pattern},
    node::{Node, Span},
    vars::Store,
};
use serde_json::{Map, Value as Json};
use std::{collections::HashSet, sync::Arc};

/// An inventory with the variables of its hosts.
pub struct View<'a> {
    /// Hosts and groups.
    pub inventory: &'a Inventory,
    /// Variables.
    pub store: &'a Arc<Store>,
}

impl View<'_> {
    /// The host of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn host(&self, name: &str) -> Result<HostId, Trouble> {
        if let Some(id) = self.inventory.host_id(name) {
            return Ok(id);
        }
        let names = self.inventory.hosts().map(|(_, host)| &*host.name);
        let trouble = Trouble::new(format!("the inventory has no host `{name}`"));
        Err(match nearest(name, names) {
            Some(near) => trouble.help(format!("did you mean `{near}`?")),
            None => trouble,
        })
    }

    /// The group of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn group(&self, name: &str) -> Result<GroupId, Trouble> {
        if let Some(id) = self.inventory.group_id(name) {
            return Ok(id);
        }
        let names = self.inventory.groups().map(|(_, group)| &*group.name);
        let trouble = Trouble::new(format!("the inventory has no group `{name}`"));
        Err(match nearest(name, names) {
            Some(near) => trouble.help(format!("did you mean `{near}`?")),
            None => trouble,
        })
    }

    /// What the inventory, and the files beside it, set for a host: as it was written, sorted by name.
    pub fn variables(&self, id: HostId) -> Json {
        let name = &self.inventory.host(id).name;
        let mut all: Vec<(Arc<str>, Json)> = Vec::new();
        if let Some(host) = self.store.host_named(name) {
            let mut values = Map::new();
            for layer in host.layers().iter() {
                for (name, variable) in &layer.vars {
                    let value = variable.node().map(Node::to_json).unwrap_or_default();
                    values.insert(name.to_string(), value);
                }
            }
            all.extend(values.into_iter().map(|(name, value)| (name.into(), value)));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Json::Object(
            all.into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
        )
    }

    /// The hosts that a limit means, or all.
    ///
    /// # Errors
    /// When the limit cannot be read.
    pub fn within(&self, limit: Option<&str>) -> Result<HashSet<HostId>, Trouble> {
        let Some(limit) = limit else {
            return Ok(self.inventory.hosts().map(|(id, _)| id).collect());
        };
        let pattern = Pattern::parse(limit, &Span::none())?;
        Ok(self.inventory.select(&pattern)?.hosts.into_iter().collect())
    }
}

//! From an inventory to the variables of its hosts: files beside it and beside the playbook included.

use crate::{
    diagnostic::Diagnostic,
    inventory::{GroupId, HostId, Inventory, VarsDir, VarsKind},
    node::{Map, Node, Reading},
    playbook::reserved,
    vars::{HostVars, Layer, Level, Store, absolute},
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Reads the variables of hosts and groups; a group's files are read once.
pub(super) struct Ground {
    places: Vec<Place>,
    reading: Reading,
    groups: HashMap<GroupId, Vec<Arc<Layer>>>,
    /// The layers of hosts that have nothing of their own, by their groups.
    shared: HashMap<Vec<GroupId>, Arc<[Arc<Layer>]>>,
}

/// A folder with `group_vars/` and `host_vars/`.
struct Place {
    groups: VarsDir,
    hosts: VarsDir,
    playbook: bool,
}

impl Ground {
    /// Variables beside the inventory's sources and beside a playbook.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn new(
        inventory: &Inventory,
        playbook: Option<&Path>,
        reading: Reading,
    ) -> Result<Self, Diagnostic> {
        let mut places = Vec::new();
        let bases = inventory.bases().iter().map(|base| (base.as_path(), false));
        // Beside the only source the same files would be read twice, to the same end.
        let only = match inventory.bases() {
            [only] => Some(absolute(only)),
            _ => None,
        };
        let playbook = playbook.filter(|base| only != Some(absolute(base)));
        for (base, playbook) in bases.chain(playbook.map(|base| (base, true))) {
            places.push(Place {
                groups: VarsDir::open(base, VarsKind::Group)?,
                hosts: VarsDir::open(base, VarsKind::Host)?,
                playbook,
            });
        }
        Ok(Self {
            places,
            reading,
            groups: HashMap::new(),
            shared: HashMap::new(),
        })
    }

    /// Forgets what was read of groups, since the inventory changed.
    pub fn forget(&mut self) {
        self.groups.clear();
        self.shared.clear();
    }

    /// Gives the store all hosts of the inventory, and the groups.
    ///
    /// # Errors
    /// At the mistake in a file of variables.
    pub fn lay(&mut self, inventory: &Inventory, store: &Store) -> Result<(), Diagnostic> {
        for (id, host) in inventory.hosts() {
            let layers = self.layers(inventory, id)?;
            let groups: Arc<[Arc<str>]> = inventory
                .group_names(id)
                .into_iter()
                .map(Arc::from)
                .collect();
            match store.host_named(&host.name) {
                Some(vars) => {
                    vars.set_layers(layers);
                    vars.set_groups(groups);
                }
                None => {
                    let mut vars = HostVars::new(host.name.clone(), layers, groups);
                    if let Some(origin) = inventory.origin_of(id) {
                        let file = match &origin.dir {
                            Some(_) => absolute(Path::new(&origin.file)),
                            None => origin.file.clone(),
                        };
                        vars = vars.with_inventory_file(file);
                    }
                    store.add_host(Arc::new(vars));
                }
            }
        }
        let members = inventory.groups().map(|(id, group)| {
            let hosts = inventory
                .hosts_in(id)
                .iter()
                .filter(|id| !inventory.host(**id).implicit);
            (
                group.name.clone(),
                hosts.map(|id| inventory.host(*id).name.clone()).collect(),
            )
        });
        store.set_groups(members.collect());
        Ok(())
    }

    /// The layers of one host, lowest first.
    pub fn layers(
        &mut self,
        inventory: &Inventory,
        id: HostId,
    ) -> Result<Arc<[Arc<Layer>]>, Diagnostic> {
        let host = inventory.host(id);
        let mut own = Vec::new();
        if !host.vars.is_empty() {
            let label = format!("host {}", host.name);
            own.push(self.layer(Level::InventoryHost, label, &host.vars));
        }
        for place in &self.places {
            let level = if place.playbook {
                Level::PlaybookHostVars
            } else {
                Level::InventoryHostVars
            };
            own.extend(self.files(&place.hosts, &host.name, level)?);
        }
        let groups = inventory.groups_of(id).to_vec();
        let shared = match self.shared.get(&groups) {
            Some(shared) => shared.clone(),
            None => {
                let mut layers = Vec::new();
                for group in &groups {
                    layers.extend(self.group(inventory, *group)?);
                }
                layers.sort_by_key(|layer| layer.level);
                self.shared.entry(groups).or_insert(layers.into()).clone()
            }
        };
        if own.is_empty() {
            return Ok(shared);
        }
        own.sort_by_key(|layer| layer.level);
        Ok(shared.iter().cloned().chain(own).collect())
    }

    fn group(&mut self, inventory: &Inventory, id: GroupId) -> Result<Vec<Arc<Layer>>, Diagnostic> {
        if let Some(layers) = self.groups.get(&id) {
            return Ok(layers.clone());
        }
        let group = inventory.group(id);
        let all = id == GroupId::ALL;
        let mut layers = Vec::new();
        if !group.vars.is_empty() {
            let level = if all {
                Level::InventoryAll
            } else {
                Level::InventoryGroups
            };
            layers.push(self.layer(level, format!("group {}", group.name), &group.vars));
        }
        for place in &self.places {
            let level = match (place.playbook, all) {
                (false, true) => Level::InventoryGroupVarsAll,
                (true, true) => Level::PlaybookGroupVarsAll,
                (false, false) => Level::InventoryGroupVars,
                (true, false) => Level::PlaybookGroupVars,
            };
            layers.extend(self.files(&place.groups, &group.name, level)?);
        }
        self.groups.insert(id, layers.clone());
        Ok(layers)
    }

    fn files(
        &self,
        folder: &VarsDir,
        name: &str,
        level: Level,
    ) -> Result<Vec<Arc<Layer>>, Diagnostic> {
        let read = folder.read(name, &self.reading)?;
        let layer = |(path, node): &(PathBuf, Node)| {
            Some(self.layer(level, path.display().to_string(), node.as_map()?))
        };
        Ok(read.iter().filter_map(layer).collect())
    }

    fn layer(&self, level: Level, label: String, map: &Map) -> Arc<Layer> {
        let layer = Layer::from_map(level, label, map);
        reserved(&layer).for_each(|warning| self.reading.warnings.add(warning));
        Arc::new(layer)
    }
}

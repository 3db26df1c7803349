//! The whole inventory.

use super::{Group, GroupId, Host, HostId, LOCAL_NAMES};
use crate::{diagnostic::Diagnostic, node::Span};
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// All hosts and groups of a run.
///
/// ```
/// use k8sbm_core::{inventory::Inventory, node::vars};
///
/// let mut inventory = Inventory::new();
/// let (web, _) = inventory.add_host("web1", &["web"], vars([("http_port", 8080.into())]));
/// assert_eq!(inventory.group_names(web), ["web"]);
/// ```
#[derive(Clone, Debug)]
pub struct Inventory {
    pub(super) hosts: Vec<Host>,
    pub(super) groups: Vec<Group>,
    pub(super) host_ids: HashMap<Arc<str>, HostId>,
    pub(super) group_ids: HashMap<Arc<str>, GroupId>,
    pub(super) origins: Vec<Origin>,
    pub(super) bases: Vec<PathBuf>,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) version: u64,
    /// Whether groups were made or moved since everything was settled.
    pub(super) regrouped: bool,
}

/// A file, script or list that hosts came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its path, or the list as it was typed.
    pub file: String,
    /// The directory it stands in, unless it is a list.
    pub dir: Option<PathBuf>,
}

impl Inventory {
    /// An inventory with the groups `all` and `ungrouped`, and this machine.
    pub fn new() -> Self {
        let mut inventory = Self {
            hosts: Vec::new(),
            groups: Vec::new(),
            host_ids: HashMap::new(),
            group_ids: HashMap::new(),
            origins: Vec::new(),
            bases: Vec::new(),
            warnings: Vec::new(),
            version: 0,
            regrouped: false,
        };
        inventory.ensure_group("all", &Span::none());
        inventory.ensure_group("ungrouped", &Span::none());
        inventory.settle();
        inventory
    }

    /// A host by its id.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.index()]
    }

    /// A group by its id.
    pub fn group(&self, id: GroupId) -> &Group {
        &self.groups[id.index()]
    }

    /// The host of this name; `localhost` and its addresses always mean a host.
    pub fn host_id(&self, name: &str) -> Option<HostId> {
        self.host_ids.get(name).copied().or_else(|| {
            // One of the names of this machine in the inventory stands for the others.
            let local = LOCAL_NAMES.contains(&name);
            LOCAL_NAMES
                .into_iter()
                .filter(|_| local)
                .find_map(|other| self.host_ids.get(other).copied())
        })
    }

    /// The group of this name.
    pub fn group_id(&self, name: &str) -> Option<GroupId> {
        self.group_ids.get(name).copied()
    }

    /// How many ids were given: every [`HostId`] is below this.
    pub fn host_count(&self) -> usize {
        self.hosts.len()
    }

    /// All hosts the inventory names, in the order in which it first names them.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        let ids = (0..).map(HostId);
        ids.zip(&self.hosts).filter(|(_, host)| !host.implicit)
    }

    /// All groups, `all` and `ungrouped` first, then in the order in which they were first named.
    pub fn groups(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        (0..).map(GroupId).zip(&self.groups)
    }

    /// A host's groups in the order in which their variables are merged: `all` first, parents
    /// before children, and of equals the one of higher priority, then of the later name, last.
    pub fn groups_of(&self, id: HostId) -> &[GroupId] {
        &self.hosts[id.index()].groups
    }

    /// What `group_names` holds: the names of a host's groups but `all`, sorted.
    pub fn group_names(&self, id: HostId) -> Vec<&str> {
        let groups = self
            .groups_of(id)
            .iter()
            .filter(|group| **group != GroupId::ALL);
        let mut names: Vec<&str> = groups.map(|group| &*self.group(*group).name).collect();
        names.sort_unstable();
        names
    }

    /// The hosts of a group and of its children, as `groups[name]` holds them.
    pub fn hosts_in(&self, id: GroupId) -> &Arc<[HostId]> {
        self.groups[id.index()]
            .members
            .get_or_init(|| self.walk_members(id))
    }

    /// The source that first named a host: `inventory_file` and `inventory_dir`.
    pub fn origin_of(&self, id: HostId) -> Option<&Origin> {
        self.host(id)
            .origin
            .map(|index| &self.origins[index as usize])
    }

    /// All sources that were read.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The directories beside which `group_vars` and `host_vars` belong, one for each source.
    pub fn bases(&self) -> &[PathBuf] {
        &self.bases
    }

    /// What is doubtful, but no mistake.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// A number that grows with every change, so that others know when to look again.
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl Default for Inventory {
    fn default() -> Self {
        Self::new()
    }
}

//! All hosts of a run.

use super::{HostVars, Layer, Names};
use crate::{template::Engine, value::Value};
use std::sync::{Arc, PoisonError, RwLock};

/// The variables of all hosts, the groups, and what is the same for the whole run.
#[derive(Debug)]
pub struct Store {
    /// What renders the variables.
    pub engine: Arc<Engine>,
    /// `--extra-vars`, which win over everything but loop variables.
    pub extra: Arc<Layer>,
    hosts: RwLock<Hosts>,
    groups: RwLock<Groups>,
}

#[derive(Debug, Default)]
struct Hosts {
    by_name: Names<Arc<HostVars>>,
    hidden: Names<Arc<HostVars>>,
}

#[derive(Debug, Default)]
struct Groups {
    members: Names<Arc<[Arc<str>]>>,
    /// The magic variable `groups`, made once for each change.
    value: Value,
}

impl Store {
    /// A store without hosts.
    pub fn new(engine: Arc<Engine>, extra: Arc<Layer>) -> Self {
        Self {
            engine,
            extra,
            hosts: RwLock::default(),
            groups: RwLock::default(),
        }
    }

    /// Adds a host and says its index; a host of the same name is replaced.
    pub fn add_host(&self, host: Arc<HostVars>) -> usize {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        hosts.by_name.insert_full(host.name.clone(), host).0
    }

    /// Adds a host that no list of hosts shows, such as an implicit `localhost`.
    pub fn add_hidden(&self, host: Arc<HostVars>) {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        hosts.hidden.insert(host.name.clone(), host);
    }

    /// The host at `index`.
    pub fn host(&self, index: usize) -> Option<Arc<HostVars>> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.by_name.get_index(index).map(|(_, host)| host.clone())
    }

    /// The host called `name`.
    pub fn host_named(&self, name: &str) -> Option<Arc<HostVars>> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts
            .by_name
            .get(name)
            .or_else(|| hosts.hidden.get(name))
            .cloned()
    }

    /// The index of the host called `name`.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.hosts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_name
            .get_index_of(name)
    }

    /// The names of all hosts, in the order of the inventory.
    pub fn host_names(&self) -> Vec<Arc<str>> {
        self.hosts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_name
            .keys()
            .cloned()
            .collect()
    }

    /// How many hosts there are.
    pub fn host_count(&self) -> usize {
        self.hosts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_name
            .len()
    }

    /// Replaces the groups; `group_names` of the hosts are theirs to update.
    pub fn set_groups(&self, members: Names<Arc<[Arc<str>]>>) {
        let list = |names: &Arc<[Arc<str>]>| {
            Value::from(names.iter().cloned().map(Value::from).collect::<Vec<_>>())
        };
        let value = Value::from_pairs(
            members
                .iter()
                .map(|(name, hosts)| (Value::from(name.clone()), list(hosts))),
        );
        *self.groups.write().unwrap_or_else(PoisonError::into_inner) = Groups { members, value };
    }

    /// The hosts of the group called `name`.
    pub fn group(&self, name: &str) -> Option<Arc<[Arc<str>]>> {
        self.groups
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .members
            .get(name)
            .cloned()
    }

    /// The magic variable `groups`.
    pub(super) fn groups_value(&self) -> Value {
        self.groups
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .value
            .clone()
    }
}

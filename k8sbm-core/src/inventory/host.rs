//! A host.

use super::GroupId;
use crate::node::{Map, Span};
use std::sync::Arc;

/// The names that mean this machine without being in any inventory.
pub const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A host's number in its inventory; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(pub u32);

impl HostId {
    /// The number as an index into a table by host.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A machine that plays can mean.
#[derive(Clone, Debug)]
pub struct Host {
    /// The name in the inventory.
    pub name: Arc<str>,
    /// The variables the inventory itself gives it, each with its place.
    pub vars: Map,
    /// Where it was first named.
    pub span: Span,
    /// Whether it is this machine, unnamed in the inventory, and so in no group but `all`.
    pub implicit: bool,
    /// The source that first named it, in [`Inventory::origins`](super::Inventory::origins).
    pub(super) origin: Option<u32>,
    /// The groups that name it.
    pub(super) direct: Vec<GroupId>,
    /// All its groups, in the order in which their variables are merged.
    pub(super) groups: Arc<[GroupId]>,
}

impl Host {
    pub(super) fn new(name: Arc<str>, span: Span, origin: Option<u32>) -> Self {
        let groups = Arc::default();
        Self {
            name,
            vars: Map::new(),
            span,
            implicit: false,
            origin,
            direct: Vec::new(),
            groups,
        }
    }

    /// The name up to the first dot; the whole name of an address.
    pub fn short_name(&self) -> &str {
        if self.name.parse::<std::net::IpAddr>().is_ok() {
            return &self.name;
        }
        self.name.split('.').next().unwrap_or(&self.name)
    }
}

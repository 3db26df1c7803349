//! A group of hosts.

use super::HostId;
use crate::node::{Map, Span};
use std::sync::{Arc, OnceLock};

/// A group's number in its inventory; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u32);

impl GroupId {
    /// The group of all hosts.
    pub const ALL: Self = Self(0);
    /// The group of hosts that are in no other.
    pub const UNGROUPED: Self = Self(1);

    /// The number as an index into a table by group.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A named set of hosts and of other groups.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name.
    pub name: Arc<str>,
    /// The variables the inventory itself gives it, each with its place.
    pub vars: Map,
    /// Where it was first named.
    pub span: Span,
    /// The hosts it names itself.
    pub hosts: Vec<HostId>,
    /// The groups in it.
    pub children: Vec<GroupId>,
    /// The groups it is in.
    pub parents: Vec<GroupId>,
    /// The longest way down from `all`.
    pub depth: u32,
    /// Of groups at the same depth, the one of higher priority wins (`ansible_group_priority`).
    pub priority: i64,
    /// Its hosts and those of its children, once somebody asked.
    pub(super) members: OnceLock<Arc<[HostId]>>,
}

impl Group {
    pub(super) fn new(name: Arc<str>, span: Span) -> Self {
        Self {
            name,
            vars: Map::new(),
            span,
            hosts: Vec::new(),
            children: Vec::new(),
            parents: Vec::new(),
            depth: 0,
            priority: 1,
            members: OnceLock::new(),
        }
    }
}

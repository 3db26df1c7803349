//! What follows from who is in which group: depths, the order of merging, members.

use super::{GroupId, HostId, Inventory};
use crate::diagnostic::Diagnostic;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, OnceLock},
};

impl Inventory {
    /// Makes everything derived true again after many changes.
    pub(super) fn settle(&mut self) {
        self.ensure_local();
        self.top_groups_into_all();
        self.settle_depths();
        self.forget_members();
        let mut known = HashMap::new();
        for index in 0..self.hosts.len() {
            self.settle_host(HostId(index as u32), &mut known);
        }
        let hosts = &self.hosts;
        let still = |id: &HostId| hosts[id.index()].direct.contains(&GroupId::UNGROUPED);
        self.groups[GroupId::UNGROUPED.index()].hosts.retain(still);
        self.regrouped = false;
    }

    /// Makes everything derived true again after a change of one host; cheap unless groups changed.
    pub(super) fn settle_after(&mut self, host: HostId) {
        if self.regrouped {
            return self.settle();
        }
        let was_ungrouped = self.hosts[host.index()]
            .direct
            .contains(&GroupId::UNGROUPED);
        self.settle_host(host, &mut HashMap::new());
        if was_ungrouped
            && !self.hosts[host.index()]
                .direct
                .contains(&GroupId::UNGROUPED)
        {
            self.groups[GroupId::UNGROUPED.index()]
                .hosts
                .retain(|id| *id != host);
        }
        self.forget_members();
    }

    fn forget_members(&mut self) {
        for group in &mut self.groups {
            group.members = OnceLock::new();
        }
    }

    fn top_groups_into_all(&mut self) {
        for index in 1..self.groups.len() {
            if self.groups[index].parents.is_empty() {
                self.groups[index].parents.push(GroupId::ALL);
                self.groups[GroupId::ALL.index()]
                    .children
                    .push(GroupId(index as u32));
            }
        }
    }

    /// A host is in `ungrouped` exactly if it is in no other group but `all`. Hosts of the same
    /// groups share one list of them.
    fn settle_host(&mut self, id: HostId, known: &mut HashMap<Vec<GroupId>, Arc<[GroupId]>>) {
        let host = &mut self.hosts[id.index()];
        let special = |group: &GroupId| matches!(*group, GroupId::ALL | GroupId::UNGROUPED);
        if !host.direct.iter().all(special) {
            host.direct.retain(|group| *group != GroupId::UNGROUPED);
        } else if !host.implicit && !host.direct.contains(&GroupId::UNGROUPED) {
            host.direct.push(GroupId::UNGROUPED);
            self.groups[GroupId::UNGROUPED.index()].hosts.push(id);
        }
        let direct = self.hosts[id.index()].direct.clone();
        let groups = known
            .entry(direct)
            .or_insert_with_key(|direct| self.with_parents(direct))
            .clone();
        self.hosts[id.index()].groups = groups;
    }

    /// The longest way from `all` to each group; groups form no circles.
    fn settle_depths(&mut self) {
        let mut parents_left: Vec<usize> = self
            .groups
            .iter()
            .map(|group| group.parents.len())
            .collect();
        let mut ready = VecDeque::from([GroupId::ALL]);
        self.groups.iter_mut().for_each(|group| group.depth = 0);
        while let Some(id) = ready.pop_front() {
            let depth = self.group(id).depth + 1;
            for child in self.group(id).children.clone() {
                let group = &mut self.groups[child.index()];
                group.depth = group.depth.max(depth);
                parents_left[child.index()] -= 1;
                if parents_left[child.index()] == 0 {
                    ready.push_back(child);
                }
            }
        }
    }

    fn with_parents(&self, direct: &[GroupId]) -> Arc<[GroupId]> {
        let mut seen = HashSet::from([GroupId::ALL]);
        let mut open = direct.to_vec();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(&self.group(id).parents);
            }
        }
        let mut groups: Vec<GroupId> = seen.into_iter().collect();
        groups.sort_by(|a, b| {
            let (a, b) = (self.group(*a), self.group(*b));
            (a.depth, a.priority, &a.name).cmp(&(b.depth, b.priority, &b.name))
        });
        groups.into()
    }

    /// The hosts of a group and of those in it, level by level, each once.
    pub(super) fn walk_members(&self, id: GroupId) -> Arc<[HostId]> {
        let mut seen_groups = HashSet::from([id]);
        let mut level = VecDeque::from([id]);
        let mut seen = vec![false; self.hosts.len()];
        let mut members = Vec::new();
        while let Some(group) = level.pop_front() {
            for host in &self.group(group).hosts {
                if !std::mem::replace(&mut seen[host.index()], true) {
                    members.push(*host);
                }
            }
            level.extend(
                self.group(group)
                    .children
                    .iter()
                    .filter(|child| seen_groups.insert(**child)),
            );
        }
        members.into()
    }

    /// A name for both a host and a group makes patterns and variables ambiguous.
    pub(super) fn warn_of_doubles(&mut self) {
        for (_, host) in (0..)
            .zip(&self.hosts)
            .filter(|(_, host): &(u32, _)| !host.implicit)
        {
            let Some(group) = self.group_ids.get(&host.name) else {
                continue;
            };
            let warning = Diagnostic::new(format!("`{}` is both a host and a group", host.name));
            self.warnings.push(
                warning
                    .label(&host.span, "the host")
                    .label(&self.groups[group.index()].span, "the group"),
            );
        }
    }
}

//! Adding hosts and groups: while reading, and during a run (`add_host`, `group_by`).

use super::{Group, GroupId, Host, HostId, Inventory, LOCAL_NAMES};
use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Kind, Map, Node, Span},
};
use std::sync::Arc;

impl Inventory {
    /// Adds a host, or adds groups and variables to it if it is known; says its id and whether
    /// anything changed.
    pub fn add_host(&mut self, name: &str, groups: &[&str], vars: Map) -> (HostId, bool) {
        let before = self.version;
        let id = self.ensure_host(name, &Span::none(), None);
        for group in groups {
            let group = self.ensure_group(group, &Span::none());
            self.link_host(group, id);
        }
        for (key, entry) in vars {
            let same = self.hosts[id.index()]
                .vars
                .get(&key)
                .is_some_and(|old| old.value.same_value(&entry.value));
            if !same {
                self.set_host_var(id, key, entry);
            }
        }
        let changed = self.version != before;
        if changed {
            self.settle_after(id);
        }
        (id, changed)
    }

    /// Puts a host into a group, which is made if need be, and the group into its parents;
    /// says whether anything changed.
    pub fn add_to_group(
        &mut self,
        host: HostId,
        group: &str,
        parents: &[&str],
    ) -> Result<bool, Diagnostic> {
        let before = self.version;
        let group = self.ensure_group(group, &Span::none());
        for parent in parents {
            let parent = self.ensure_group(parent, &Span::none());
            self.link_child(parent, group, &Span::none())?;
        }
        self.link_host(group, host);
        let changed = self.version != before;
        if changed {
            self.settle_after(host);
        }
        Ok(changed)
    }

    /// Sets a variable of a group, as `[group:vars]` does.
    pub fn set_group_var(
        &mut self,
        group: GroupId,
        key: Arc<str>,
        entry: Entry,
    ) -> Result<(), Diagnostic> {
        self.version += 1;
        if &*key == "ansible_group_priority" {
            let wrong = || {
                Diagnostic::new("`ansible_group_priority` must be a whole number")
                    .label(&entry.value.span, "")
            };
            let text = entry.value.to_text().ok_or_else(wrong)?;
            self.regrouped = true;
            self.groups[group.index()].priority = text.trim().parse().map_err(|_| wrong())?;
            return Ok(());
        }
        self.groups[group.index()].vars.insert(key, entry);
        Ok(())
    }

    pub(super) fn set_host_var(&mut self, host: HostId, key: Arc<str>, entry: Entry) {
        self.version += 1;
        self.hosts[host.index()].vars.insert(key, entry);
    }

    pub(super) fn ensure_group(&mut self, name: &str, span: &Span) -> GroupId {
        if let Some(id) = self.group_ids.get(name) {
            return *id;
        }
        self.version += 1;
        self.regrouped = true;
        let id = GroupId(self.groups.len() as u32);
        let name: Arc<str> = name.into();
        self.groups.push(Group::new(name.clone(), span.clone()));
        self.group_ids.insert(name, id);
        id
    }

    pub(super) fn ensure_host(&mut self, name: &str, span: &Span, origin: Option<u32>) -> HostId {
        if let Some(id) = self.host_ids.get(name).copied() {
            if self.hosts[id.index()].implicit {
                self.name_local(id, span, origin);
            }
            return id;
        }
        self.version += 1;
        let id = HostId(self.hosts.len() as u32);
        let name: Arc<str> = name.into();
        self.hosts
            .push(Host::new(name.clone(), span.clone(), origin));
        self.host_ids.insert(name, id);
        id
    }

    /// This machine gets its place in the inventory; its other names now mean this host.
    fn name_local(&mut self, id: HostId, span: &Span, origin: Option<u32>) {
        self.version += 1;
        let name = self.hosts[id.index()].name.clone();
        let hosts = &self.hosts;
        self.host_ids
            .retain(|_, other| *other == id || !hosts[other.index()].implicit);
        self.hosts[id.index()] = Host::new(name, span.clone(), origin);
    }

    pub(super) fn link_host(&mut self, group: GroupId, host: HostId) {
        let direct = &mut self.hosts[host.index()].direct;
        if !direct.contains(&group) {
            self.version += 1;
            direct.push(group);
            self.groups[group.index()].hosts.push(host);
        }
    }

    /// Puts a group into another; a circle is a mistake.
    pub(super) fn link_child(
        &mut self,
        parent: GroupId,
        child: GroupId,
        span: &Span,
    ) -> Result<(), Diagnostic> {
        if self.group(parent).children.contains(&child) {
            return Ok(());
        }
        if let Some(way) = self.way_down(child, parent) {
            let names: Vec<&str> = way
                .iter()
                .chain([&child])
                .map(|group| &*self.group(*group).name)
                .collect();
            let error = Diagnostic::new(format!(
                "group `{}` would contain itself",
                self.group(child).name
            ));
            return Err(error
                .label(span, "")
                .note(format!("the circle: {}", names.join(" -> "))));
        }
        self.version += 1;
        self.regrouped = true;
        self.groups[parent.index()].children.push(child);
        self.groups[child.index()].parents.push(parent);
        Ok(())
    }

    /// The groups from one down to another inside it, if it is inside.
    fn way_down(&self, from: GroupId, to: GroupId) -> Option<Vec<GroupId>> {
        let mut came_from = vec![None; self.groups.len()];
        let mut open = vec![from];
        while let Some(group) = open.pop() {
            if group == to {
                let mut way = vec![to];
                while let Some(above) =
                    came_from[way[way.len() - 1].index()].filter(|_| way[way.len() - 1] != from)
                {
                    way.push(above);
                }
                way.reverse();
                return Some(way);
            }
            for child in &self.group(group).children {
                if came_from[child.index()].is_none() {
                    came_from[child.index()] = Some(group);
                    open.push(*child);
                }
            }
        }
        None
    }

    /// This machine, for plays on `localhost` without it being in the inventory.
    pub(super) fn ensure_local(&mut self) {
        if LOCAL_NAMES
            .iter()
            .any(|name| self.host_ids.contains_key(*name))
        {
            return;
        }
        for name in LOCAL_NAMES {
            let id = self.ensure_host(name, &Span::none(), None);
            let host = &mut self.hosts[id.index()];
            host.implicit = true;
            for (name, value) in [
                ("ansible_connection", "local"),
                (
                    "ansible_python_interpreter",
                    "{{ ansible_playbook_python }}",
                ),
            ] {
                let (key, value) = (Span::none(), Node::new(Kind::Str(value.into())));
                host.vars.insert(name.into(), Entry { key, value });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(inventory: &Inventory, group: &str) -> Vec<String> {
        let group = inventory.group_id(group).unwrap();
        inventory
            .hosts_in(group)
            .iter()
            .map(|host| inventory.host(*host).name.to_string())
            .collect()
    }

    fn var(key: &str, value: i64) -> Map {
        Map::from([(
            key.into(),
            Entry {
                key: Span::none(),
                value: Node::new(Kind::Int(value)),
            },
        )])
    }

    #[test]
    fn hosts_are_added_while_ids_stay() {
        let mut inventory = Inventory::new();
        let (web, changed) = inventory.add_host("web", &["front"], var("a", 1));
        assert!(changed);
        let (db, _) = inventory.add_host("db", &[], Map::new());
        assert_eq!(names(&inventory, "ungrouped"), ["db"]);
        assert_eq!(
            inventory.add_host("web", &["front"], var("a", 1)),
            (web, false)
        );
        assert_eq!(inventory.add_host("web", &[], var("a", 2)), (web, true));
        assert_eq!(
            inventory.add_host("db", &["front", "back"], Map::new()),
            (db, true)
        );
        assert_eq!(names(&inventory, "front"), ["web", "db"]);
        assert!(names(&inventory, "ungrouped").is_empty());
        assert_eq!(inventory.group_names(db), ["back", "front"]);
        assert!(
            inventory.host(web).vars["a"]
                .value
                .same_value(&Node::new(Kind::Int(2)))
        );
    }

    #[test]
    fn hosts_are_grouped_by_what_is_found_out() {
        let mut inventory = Inventory::new();
        let (host, _) = inventory.add_host("web", &["all"], Map::new());
        assert!(
            inventory
                .add_to_group(host, "debian_13", &["debian", "linux"])
                .unwrap()
        );
        assert!(
            !inventory
                .add_to_group(host, "debian_13", &["debian"])
                .unwrap()
        );
        assert_eq!(
            inventory.group_names(host),
            ["debian", "debian_13", "linux"]
        );
        assert_eq!(names(&inventory, "linux"), ["web"]);
        let error = inventory
            .add_to_group(host, "linux", &["debian_13"])
            .unwrap_err();
        assert_eq!(error.notes, ["the circle: linux -> debian_13 -> linux"]);
    }

    #[test]
    fn this_machine_can_be_named_later() {
        let mut inventory = Inventory::new();
        let before = inventory.host_id("localhost").unwrap();
        let (named, _) = inventory.add_host("localhost", &["control"], Map::new());
        assert_eq!(before, named);
        assert!(!inventory.host(named).implicit && inventory.host(named).vars.is_empty());
        assert_eq!(inventory.host_id("127.0.0.1"), Some(named));
    }

    #[test]
    fn ten_thousand_hosts_can_be_added() {
        let mut inventory = Inventory::new();
        for number in 0..10_000 {
            inventory.add_host(&format!("node{number}"), &["nodes"], Map::new());
        }
        assert_eq!(names(&inventory, "all").len(), 10_000);
    }
}

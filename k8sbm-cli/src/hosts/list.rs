//! All groups, hosts and variables, as inventory scripts give them.

use super::View;
use crate::trouble::Trouble;
use k8sbm_core::inventory::{GroupId, HostId};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashSet};

/// Groups by name, and the variables of all hosts under `_meta`.
///
/// # Errors
/// When the limit cannot be read.
pub fn list(view: &View<'_>, limit: Option<&str>) -> Result<Json, Trouble> {
    let within = view.within(limit)?;
    let mut variables = BTreeMap::new();
    for (id, host) in view.inventory.hosts().filter(|(id, _)| within.contains(id)) {
        let own = view.variables(id);
        if own.as_object().is_some_and(|own| !own.is_empty()) {
            variables.insert(host.name.to_string(), own);
        }
    }
    let mut all = Map::new();
    all.insert("_meta".into(), json!({ "hostvars": variables }));
    let mut groups = BTreeMap::new();
    for (id, group) in view.inventory.groups() {
        let mut entry = Map::new();
        let children = names_of(view, children(view, id));
        if !children.is_empty() {
            entry.insert("children".into(), children.into());
        }
        let hosts = host_names(view, id, &within);
        if !hosts.is_empty() && id != GroupId::ALL {
            entry.insert("hosts".into(), hosts.into());
        }
        if !entry.is_empty() {
            groups.insert(group.name.to_string(), Json::Object(entry));
        }
    }
    all.extend(groups);
    Ok(Json::Object(all))
}

/// Groups inside groups, as inventories in YAML have them; the variables of a host stand where it is named first.
///
/// # Errors
/// When the limit cannot be read.
pub fn nested(view: &View<'_>, limit: Option<&str>) -> Result<Json, Trouble> {
    let within = view.within(limit)?;
    let mut told = HashSet::new();
    Ok(json!({ "all": inside(view, GroupId::ALL, &within, &mut told) }))
}

fn inside(
    view: &View<'_>,
    id: GroupId,
    within: &HashSet<HostId>,
    told: &mut HashSet<HostId>,
) -> Json {
    let mut entry = Map::new();
    let mut groups = BTreeMap::new();
    for child in children(view, id) {
        let name = view.inventory.group(child).name.to_string();
        groups.insert(name, inside(view, child, within, told));
    }
    if !groups.is_empty() {
        entry.insert("children".into(), json!(groups));
    }
    if id != GroupId::ALL {
        let mut hosts = BTreeMap::new();
        let named = view.inventory.group(id).hosts.iter();
        for host in named.filter(|host| within.contains(host)) {
            let own = if told.insert(*host) {
                view.variables(*host)
            } else {
                json!({})
            };
            hosts.insert(view.inventory.host(*host).name.to_string(), own);
        }
        if !hosts.is_empty() {
            entry.insert("hosts".into(), json!(hosts));
        }
    }
    Json::Object(entry)
}

/// The groups in a group; `ungrouped` stands first in `all`.
pub(super) fn children(view: &View<'_>, id: GroupId) -> Vec<GroupId> {
    let mut children = view.inventory.group(id).children.clone();
    children.sort_by_key(|child| *child != GroupId::UNGROUPED);
    if id == GroupId::ALL && !children.contains(&GroupId::UNGROUPED) {
        children.insert(0, GroupId::UNGROUPED);
    }
    children
}

fn names_of(view: &View<'_>, groups: Vec<GroupId>) -> Vec<String> {
    let name = |id: GroupId| view.inventory.group(id).name.to_string();
    groups.into_iter().map(name).collect()
}

fn host_names(view: &View<'_>, id: GroupId, within: &HashSet<HostId>) -> Vec<String> {
    let hosts = view.inventory.group(id).hosts.iter();
    hosts
        .filter(|host| within.contains(host))
        .map(|host| view.inventory.host(*host).name.to_string())
        .collect()
}

//! Hosts of the inventory.

use super::{Lookup, ask::Ask};
use crate::{value::Value, vars::Store};
use minijinja::Error;
use std::sync::Arc;

pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new(&["inventory_hostnames"], |ask: &Ask<'_>| {
    let store = ask.scope.store();
    let patterns = ask.texts()?.join(",");
    let mut chosen: Vec<Arc<str>> = Vec::new();
    let parts: Vec<&str> = patterns
        .split([',', ':'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let plain = parts.iter().filter(|part| !part.starts_with(['!', '&']));
    for part in plain {
        for host in matching(store, part) {
            if !chosen.contains(&host) {
                chosen.push(host);
            }
        }
    }
    for part in &parts {
        if let Some(wanted) = part.strip_prefix('&') {
            let wanted = matching(store, wanted);
            chosen.retain(|host| wanted.contains(host));
        } else if let Some(unwanted) = part.strip_prefix('!') {
            let unwanted = matching(store, unwanted);
            chosen.retain(|host| !unwanted.contains(host));
        }
    }
    Ok::<_, Error>(chosen.into_iter().map(Value::from).collect())
})];

/// The hosts of a group or of names with `*`.
fn matching(store: &Store, pattern: &str) -> Vec<Arc<str>> {
    if matches!(pattern, "all" | "*") {
        return store.host_names();
    }
    if let Some(members) = store.group(pattern) {
        return members.to_vec();
    }
    store
        .host_names()
        .into_iter()
        .filter(|host| super::tree::matches(pattern, host))
        .collect()
}

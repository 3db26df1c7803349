//! Groups and hosts as a tree.

use super::{View, list::children};
use crate::trouble::Trouble;
use k8sbm_core::{inventory::GroupId, node::Map};
use serde_json::Value as Json;

/// The tree below a group, or below `all`.
///
/// # Errors
/// When there is no such group.
pub fn tree(view: &View<'_>, root: Option<&str>, variables: bool) -> Result<String, Trouble> {
    let root = match root {
        Some(name) => view.group(name)?,
        None => GroupId::ALL,
    };
    let mut text = format!("@{}:\n", view.inventory.group(root).name);
    below(view, root, 1, variables, &mut text);
    Ok(text)
}

fn below(view: &View<'_>, id: GroupId, depth: usize, variables: bool, text: &mut String) {
    let group = view.inventory.group(id);
    for child in children(view, id) {
        line(
            text,
            depth,
            &format!("@{}:", view.inventory.group(child).name),
        );
        below(view, child, depth + 1, variables, text);
    }
    let hosts: &[_] = if id == GroupId::ALL {
        &[]
    } else {
        &group.hosts
    };
    for host in hosts {
        line(text, depth, &view.inventory.host(*host).name);
        if variables && let Json::Object(own) = view.variables(*host) {
            for (name, value) in &own {
                line(text, depth + 1, &format!("{{{name} = {}}}", shown(value)));
            }
        }
    }
    if variables {
        for (name, value) in sorted(&group.vars) {
            line(text, depth, &format!("{{{name} = {}}}", shown(&value)));
        }
    }
}

fn line(text: &mut String, depth: usize, words: &str) {
    text.push_str(&"  |".repeat(depth));
    text.push_str(&format!("--{words}\n"));
}

fn sorted(vars: &Map) -> Vec<(String, Json)> {
    let mut all: Vec<(String, Json)> = vars
        .iter()
        .map(|(name, entry)| (name.to_string(), entry.value.to_json()))
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

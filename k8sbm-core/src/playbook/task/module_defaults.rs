//! Default arguments of modules.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Kind, Map, Node},
    playbook::{
        Loader,
        language::{foreign, items, unfit},
    },
    task::{Module, Registry},
};

/// The groups that defaults can name, with the modules of ours that are in them.
const GROUPS: [(&str, &[&str]); 2] = [
    (
        "k8s",
        &[
            "helm",
            "helm_info",
            "helm_plugin",
            "helm_pull",
            "helm_repository",
            "helm_template",
            "k8s",
            "k8s_cluster_info",
            "k8s_cp",
            "k8s_drain",
            "k8s_exec",
            "k8s_info",
            "k8s_json_patch",
            "k8s_log",
            "k8s_rollback",
            "k8s_scale",
            "k8s_service",
            "k8s_taint",
        ],
    ),
    (
        "helm",
        &[
            "helm",
            "helm_info",
            "helm_plugin",
            "helm_pull",
            "helm_repository",
            "helm_template",
        ],
    ),
];

/// Groups of Ansible's collections that have none of our modules.
const OTHER_GROUPS: [&str; 14] = [
    "acme",
    "aws",
    "azure",
    "cpm",
    "docker",
    "gcp",
    "keycloak",
    "os",
    "ovirt",
    "proxmox",
    "rhv",
    "testgroup",
    "vmware",
    "zabbix",
];

/// Checks the names in a `module_defaults` keyword.
pub(in crate::playbook) fn check(defaults: &Node, registry: &Registry) -> Result<(), Diagnostic> {
    for map in items(defaults).iter().filter_map(Node::as_map) {
        for (name, entry) in map {
            if name.contains("{{") {
                continue;
            }
            let error = match group_name(name) {
                Some(group) if members(group).is_some() || OTHER_GROUPS.contains(&group) => None,
                Some(group) => {
                    let error = Diagnostic::new(format!("unknown group of modules `{group}`"));
                    let groups = GROUPS.iter().map(|(name, _)| *name);
                    Some(match nearest(group, groups) {
                        Some(near) => error.help(format!("did you mean `group/{near}`?")),
                        None => error,
                    })
                }
                None if registry.get(name).is_some() || foreign::origin(name).is_some() => None,
                None => {
                    let error = Diagnostic::new(format!("unknown module `{name}`"));
                    Some(match registry.nearest(name) {
                        Some(near) => error.help(format!("did you mean `{near}`?")),
                        None => error,
                    })
                }
            };
            if let Some(error) = error {
                return Err(error.label(&entry.key, ""));
            }
            let value = &entry.value;
            let fits = value.as_map().is_some() || value.is_null() || value.is_template();
            if !fits {
                return Err(unfit(name, "a mapping of arguments", value));
            }
        }
    }
    Ok(())
}

/// `group/k8s`, or its full form `group/kubernetes.core.k8s`.
fn group_name(name: &str) -> Option<&str> {
    let group = name.strip_prefix("group/")?;
    Some(group.rsplit('.').next().unwrap_or(group))
}

fn members(group: &str) -> Option<&'static [&'static str]> {
    GROUPS
        .iter()
        .find(|(name, _)| *name == group)
        .map(|(_, members)| *members)
}

/// Whether an entry of `module_defaults` is about a module.
fn is_about(name: &str, module: &Module, registry: &Registry) -> bool {
    match group_name(name) {
        Some(group) => members(group).is_some_and(|members| members.contains(&module.name)),
        None => registry
            .get(name)
            .is_some_and(|named| named.name == module.name),
    }
}

/// Whether any defaults are about a module, or may be.
pub(in crate::playbook) fn concern(defaults: &[Node], module: &Module, loader: &Loader) -> bool {
    defaults.iter().any(|defaults| match defaults.as_map() {
        Some(map) => map
            .keys()
            .any(|name| name.contains("{{") || is_about(name, module, &loader.registry)),
        None => true,
    })
}

/// A module's arguments with its defaults (outermost first, rendered to mappings) below them.
pub fn with_defaults(
    registry: &Registry,
    defaults: &[Node],
    module: &Module,
    arguments: &Node,
) -> Node {
    let mut all = Map::new();
    for map in defaults.iter().filter_map(Node::as_map) {
        // A module's own name says more than that of its group.
        for of_group in [true, false] {
            for (name, entry) in map {
                let matches = group_name(name).is_some() == of_group;
                if matches
                    && is_about(name, module, registry)
                    && let Some(map) = entry.value.as_map()
                {
                    all.extend(map.clone());
                }
            }
        }
    }
    if all.is_empty() {
        return arguments.clone();
    }
    if let Some(given) = arguments.as_map() {
        all.extend(given.clone());
    }
    Node {
        kind: Kind::Map(all),
        span: arguments.span.clone(),
        tag: arguments.tag,
    }
}

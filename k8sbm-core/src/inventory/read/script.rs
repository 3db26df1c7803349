//! Inventories that a program prints as JSON (`--list`, `--host NAME`).

use crate::{
    diagnostic::Diagnostic,
    inventory::{HostId, Inventory},
    node::{Kind, Map, Node, Source, Span},
};
use std::{path::Path, process::Command, sync::Arc};

/// Runs a script and adds what it prints.
pub(super) fn read(inventory: &mut Inventory, path: &Path, origin: u32) -> Result<(), Diagnostic> {
    let output = run(path, &["--list"])?;
    let hosts = read_output(inventory, &output, origin)?;
    if output
        .get("_meta")
        .and_then(|meta| meta.get("hostvars"))
        .is_some()
    {
        return Ok(());
    }
    for host in hosts {
        let name = inventory.host(host).name.clone();
        let vars = run(path, &["--host", &name])?;
        if !vars.is_null() {
            set_host_vars(
                inventory,
                host,
                mapping(&vars, &format!("what describes host `{name}`"))?,
            );
        }
    }
    Ok(())
}

/// Adds the groups of a script's output, with the variables of hosts under `_meta`; returns the
/// hosts it named.
pub(super) fn read_output(
    inventory: &mut Inventory,
    output: &Node,
    origin: u32,
) -> Result<Vec<HostId>, Diagnostic> {
    let groups = mapping(output, "the output")?;
    let mut hosts = Vec::new();
    for (name, entry) in groups.iter().filter(|(name, _)| &***name != "_meta") {
        let group = inventory.ensure_group(name, &entry.key);
        let (names, vars, children) = match &entry.value.kind {
            // The oldest form: a group is just its hosts.
            Kind::Seq(_) => (Some(&entry.value), None, None),
            _ => {
                mapping(&entry.value, &format!("group `{name}`"))?;
                (
                    entry.value.get("hosts"),
                    entry.value.get("vars"),
                    entry.value.get("children"),
                )
            }
        };
        for (host, span) in texts(names, &format!("`hosts` of group `{name}`"))? {
            let host = inventory.ensure_host(&host, &span, Some(origin));
            inventory.link_host(group, host);
            hosts.push(host);
        }
        if let Some(vars) = vars {
            for (key, entry) in mapping(vars, &format!("`vars` of group `{name}`"))? {
                inventory.set_group_var(group, key.clone(), entry.clone())?;
            }
        }
        for (child, span) in texts(children, &format!("`children` of group `{name}`"))? {
            let child = inventory.ensure_group(&child, &span);
            inventory.link_child(group, child, &span)?;
        }
    }
    if let Some(all) = output.get("_meta").and_then(|meta| meta.get("hostvars")) {
        for (name, entry) in mapping(all, "`_meta.hostvars`")? {
            let Some(host) = inventory.host_ids.get(name).copied() else {
                continue;
            };
            set_host_vars(
                inventory,
                host,
                mapping(&entry.value, &format!("the variables of host `{name}`"))?,
            );
        }
    }
    Ok(hosts)
}

fn set_host_vars(inventory: &mut Inventory, host: HostId, vars: &Map) {
    for (key, entry) in vars {
        inventory.set_host_var(host, key.clone(), entry.clone());
    }
}

fn mapping<'a>(node: &'a Node, what: &str) -> Result<&'a Map, Diagnostic> {
    node.as_map().ok_or_else(|| {
        Diagnostic::new(format!("{what} must be a mapping, not {}", node.describe()))
            .label(&node.span, "")
    })
}

fn texts(list: Option<&Node>, what: &str) -> Result<Vec<(Arc<str>, Span)>, Diagnostic> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    let wrong = |node: &Node| {
        Diagnostic::new(format!(
            "{what} must be a list of names, not {}",
            node.describe()
        ))
        .label(&node.span, "")
    };
    let items = list.as_seq().ok_or_else(|| wrong(list))?;
    let text = |item: &Node| match &item.kind {
        Kind::Str(name) => Ok((name.clone(), item.span.clone())),
        _ => Err(wrong(item)),
    };
    items.iter().map(text).collect()
}

fn run(path: &Path, arguments: &[&str]) -> Result<Node, Diagnostic> {
    let command = format!("{} {}", path.display(), arguments.join(" "));
    let output = Command::new(path)
        .args(arguments)
        .output()
        .map_err(|error| {
            Diagnostic::new(format!(
                "cannot run the inventory script `{command}`: {error}"
            ))
        })?;
    if !output.status.success() {
        let error = Diagnostic::new(format!(
            "the inventory script `{command}` failed: {}",
            output.status
        ));
        return Err(String::from_utf8_lossy(&output.stderr)
            .lines()
            .take(20)
            .fold(error, Diagnostic::note));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.trim().is_empty() {
        return Ok(Node::new(Kind::Null));
    }
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Diagnostic::new(format!("`{command}` did not print JSON: {error}")))?;
    let source = Arc::new(Source {
        name: format!("output of {command}"),
        text,
    });
    Ok(Node::from_json(&value, &Span::new(&source, 0..0)))
}

//! `id` and `needs`: what must have ended before something begins.

use crate::{
    diagnostic::Diagnostic,
    node::{Map, Node},
    playbook::{
        Need, NeedScope,
        language::{items, unfit, value},
        reader::Reader,
    },
};
use std::sync::Arc;

impl Reader<'_> {
    /// The id that `needs` calls it by.
    pub(in crate::playbook) fn id(&mut self, map: &Map) -> Option<Arc<str>> {
        value(map, "id")
            .filter(|id| !id.is_template())
            .and_then(Node::as_str)
            .map(Arc::from)
    }

    /// What it needs: an id, or a list of ids and of mappings `{task, on}`.
    pub(in crate::playbook) fn needs(&mut self, map: &Map) -> Option<Vec<Need>> {
        let entry = map.get("needs")?;
        // An empty `needs` is said on purpose: nothing has to end before.
        if entry.value.is_null() {
            return Some(Vec::new());
        }
        let needs = items(&entry.value).iter().map(need);
        self.take(needs.collect())
    }
}

fn need(node: &Node) -> Result<Need, Diagnostic> {
    let Some(map) = node.as_map() else {
        return Ok(Need {
            id: id(node)?,
            span: node.span.clone(),
            on: NeedScope::SameHost,
        });
    };
    if let Some((key, entry)) = map
        .iter()
        .find(|(key, _)| !["task", "on"].contains(&&***key))
    {
        return Err(Diagnostic::new(format!("unknown key `{key}` in `needs`"))
            .label(&entry.key, "")
            .help("write `{task: ID, on: all}`, or an expression for `on` that gives hosts"));
    }
    let Some(task) = value(map, "task") else {
        return Err(Diagnostic::new("`task` is missing in `needs`")
            .label(&node.span.first_line(), "")
            .help("name the id of what must have ended"));
    };
    let on = match value(map, "on") {
        None => NeedScope::SameHost,
        Some(on) if on.as_str() == Some("all") => NeedScope::All,
        Some(on) if on.as_str().is_some() || on.as_seq().is_some() => NeedScope::Hosts(on.clone()),
        Some(on) => {
            return Err(unfit("on", "`all`, a host or a list of hosts", on));
        }
    };
    Ok(Need {
        id: id(task)?,
        span: task.span.clone(),
        on,
    })
}

fn id(node: &Node) -> Result<Arc<str>, Diagnostic> {
    match node.as_str() {
        Some(id) if !node.is_template() => Ok(id.into()),
        _ => Err(unfit("needs", "an id, or a list of ids", node)),
    }
}

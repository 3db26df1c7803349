//! A list of hosts as typed: `web1,web2:2222,`.

use crate::{
    diagnostic::Diagnostic,
    inventory::{GroupId, Inventory, Origin, address::Address},
    node::{Source, Span},
};
use std::sync::Arc;

/// Adds the hosts of a list; they are in no group.
pub(super) fn read(inventory: &mut Inventory, list: &str) -> Result<(), Diagnostic> {
    inventory.origins.push(Origin {
        file: list.to_owned(),
        dir: None,
    });
    let origin = Some((inventory.origins.len() - 1) as u32);
    let source = Arc::new(Source {
        name: "inventory".to_owned(),
        text: list.to_owned(),
    });
    let mut start = 0;
    for part in list.split(',') {
        let from = start + part.len() - part.trim_start().len();
        start += part.len() + 1;
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let span = Span::new(&source, from..from + part.len());
        let address = Address::parse(part, &span)?;
        for name in &address.names {
            let host = inventory.ensure_host(name, &span, origin);
            inventory.link_host(GroupId::UNGROUPED, host);
            if let Some((key, entry)) = address.port_var(&span) {
                inventory.set_host_var(host, key, entry);
            }
        }
    }
    Ok(())
}

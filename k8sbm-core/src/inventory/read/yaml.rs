//! Inventories in YAML: groups of `hosts`, `vars` and `children`.

use super::script;
use crate::{
    diagnostic::{Diagnostic, nearest},
    inventory::{GroupId, Inventory, address::Address},
    node::{Entry, Kind, Map, Node, Span},
};

const SECTIONS: [&str; 3] = ["hosts", "vars", "children"];

/// Adds what a file of groups says.
pub(super) fn read(inventory: &mut Inventory, node: &Node, origin: u32) -> Result<(), Diagnostic> {
    if node.is_null() {
        return Ok(());
    }
    let groups = mapping(node, "an inventory")?;
    if groups.contains_key("_meta") {
        // What a script printed, kept in a file.
        return script::read_output(inventory, node, origin).map(|_| ());
    }
    if let Some(entry) = groups.get("plugin") {
        return Err(Diagnostic::new("inventory plugins cannot be run")
            .label(&entry.key, "")
            .help("a script that prints the inventory as JSON can be"));
    }
    Reader { inventory, origin }.groups(groups, None)
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    origin: u32,
}

impl Reader<'_> {
    fn groups(&mut self, groups: &Map, parent: Option<GroupId>) -> Result<(), Diagnostic> {
        for (name, entry) in groups {
            let group = self.inventory.ensure_group(name, &entry.key);
            self.group(group, name, &entry.value)?;
            if let Some(parent) = parent {
                self.inventory.link_child(parent, group, &entry.key)?;
            }
        }
        Ok(())
    }

    fn group(&mut self, group: GroupId, name: &str, node: &Node) -> Result<(), Diagnostic> {
        if node.is_null() {
            return Ok(());
        }
        for (section, entry) in mapping(node, &format!("group `{name}`"))? {
            match (&**section, self.section(section, name, &entry.value)?) {
                ("hosts", map) => self.hosts(group, &map)?,
                ("children", map) => self.groups(&map, Some(group))?,
                ("vars", map) => {
                    for (key, entry) in map {
                        self.inventory.set_group_var(group, key, entry)?;
                    }
                }
                _ => return Err(unknown(section, &entry.key, name)),
            }
        }
        Ok(())
    }

    /// The entries of a section; a single name may stand for a mapping of it.
    fn section(&self, section: &str, group: &str, node: &Node) -> Result<Map, Diagnostic> {
        match &node.kind {
            Kind::Null => Ok(Map::new()),
            Kind::Map(map) => Ok(map.clone()),
            Kind::Str(name) if section != "vars" => {
                let value = Node::at(Kind::Null, node.span.clone());
                Ok(Map::from([(
                    name.clone(),
                    Entry {
                        key: node.span.clone(),
                        value,
                    },
                )]))
            }
            _ if SECTIONS.contains(&section) => {
                let error = mapping(node, &format!("`{section}` of group `{group}`"))
                    .err()
                    .unwrap_or_default();
                Err(error.help("write each name as a key, with a colon after it: `name:`"))
            }
            _ => Ok(Map::new()),
        }
    }

    fn hosts(&mut self, group: GroupId, hosts: &Map) -> Result<(), Diagnostic> {
        for (written, entry) in hosts {
            let address = Address::parse(written, &entry.key)?;
            let empty = Map::new();
            let vars = match &entry.value.kind {
                Kind::Null => &empty,
                _ => mapping(&entry.value, &format!("host `{written}`"))?,
            };
            for name in &address.names {
                let host = self
                    .inventory
                    .ensure_host(name, &entry.key, Some(self.origin));
                self.inventory.link_host(group, host);
                for (key, entry) in address.port_var(&entry.key).into_iter().chain(vars.clone()) {
                    self.inventory.set_host_var(host, key, entry);
                }
            }
        }
        Ok(())
    }
}

fn mapping<'a>(node: &'a Node, what: &str) -> Result<&'a Map, Diagnostic> {
    node.as_map().ok_or_else(|| {
        Diagnostic::new(format!("{what} must be a mapping, not {}", node.describe()))
            .label(&node.span.first_line(), "")
    })
}

fn unknown(section: &str, span: &Span, group: &str) -> Diagnostic {
    let error =
        Diagnostic::new(format!("unknown key `{section}` in group `{group}`")).label(span, "");
    match nearest(section, SECTIONS) {
        Some(known) => error.help(format!("did you mean `{known}`?")),
        None => error.help(
            "a group has `hosts`, `vars` and `children`; its child groups belong under `children`",
        ),
    }
}

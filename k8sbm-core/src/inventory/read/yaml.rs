//! Inventories in YAML: groups of `hosts`, `vars` and `children`.

use super::script;
use crate::{
    diagnostic::{Diagnostic, nearest},
    inventory::{GroupId, Inventory, address::Address},
    node::{Entry, Kind, Map, Node, Span},
};

const SECTIONS: [&str; 3] = ["hosts", "vars", "children"];

/// Adds what a file of groups says.
pub(super) fn read(inventory: &mut Inventory, node: Node, origin: u32) -> Result<(), Diagnostic> {
    if node.is_null() {
        return Ok(());
    }
    if node.get("_meta").is_some() {
        // What a script printed, kept in a file.
        return script::read_output(inventory, &node, origin).map(|_| ());
    }
    let groups = mapping(node, || "an inventory".to_owned())?;
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
    fn groups(&mut self, groups: Map, parent: Option<GroupId>) -> Result<(), Diagnostic> {
        for (name, entry) in groups {
            let group = self.inventory.ensure_group(&name, &entry.key);
            self.group(group, &name, entry.value)?;
            if let Some(parent) = parent {
                self.inventory.link_child(parent, group, &entry.key)?;
            }
        }
        Ok(())
    }

    fn group(&mut self, group: GroupId, name: &str, node: Node) -> Result<(), Diagnostic> {
        if node.is_null() {
            return Ok(());
        }
        for (key, entry) in mapping(node, || format!("group `{name}`"))? {
            match &*key {
                "hosts" => self.hosts(group, section(&key, name, entry.value)?)?,
                "children" => self.groups(section(&key, name, entry.value)?, Some(group))?,
                "vars" => {
                    for (key, entry) in section(&key, name, entry.value)? {
                        self.inventory.set_group_var(group, key, entry)?;
                    }
                }
                _ => return Err(unknown(&key, &entry.key, name)),
            }
        }
        Ok(())
    }

    fn hosts(&mut self, group: GroupId, hosts: Map) -> Result<(), Diagnostic> {
        for (written, entry) in hosts {
            let address = Address::parse(&written, &entry.key)?;
            let vars = match entry.value.kind {
                Kind::Null => Map::new(),
                _ => mapping(entry.value, || format!("host `{written}`"))?,
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

/// The entries of a section; a single name may stand for a mapping of it.
fn section(key: &str, group: &str, node: Node) -> Result<Map, Diagnostic> {
    match node.kind {
        Kind::Null => Ok(Map::new()),
        Kind::Str(name) if key != "vars" => {
            let value = Node::at(Kind::Null, node.span.clone());
            Ok(Map::from([(
                name,
                Entry {
                    key: node.span,
                    value,
                },
            )]))
        }
        _ => mapping(node, || format!("`{key}` of group `{group}`")).map_err(|error| {
            error.help("write each name as a key, with a colon after it: `name:`")
        }),
    }
}

fn mapping(node: Node, what: impl Fn() -> String) -> Result<Map, Diagnostic> {
    let found = node.describe();
    match node.kind {
        Kind::Map(map) => Ok(map),
        _ => Err(
            Diagnostic::new(format!("{} must be a mapping, not {found}", what()))
                .label(&node.span.first_line(), ""),
        ),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Source, load_one};
    use std::sync::Arc;

    fn mistake(text: &str) -> String {
        let source = Arc::new(Source {
            name: "hosts.yml".into(),
            text: text.into(),
        });
        let read = load_one(&source).and_then(|node| read(&mut Inventory::new(), node, 0));
        read.map_or_else(|error| error.to_string(), |()| "no mistake".to_owned())
    }

    #[test]
    fn mistakes_have_a_place() {
        insta::assert_snapshot!(mistake("web:\n  host:\n    a:\n"), @"hosts.yml:2:3: unknown key `host` in group `web` (did you mean `hosts`?)");
        insta::assert_snapshot!(mistake("all:\n  web:\n    hosts: {}\n"), @"hosts.yml:2:3: unknown key `web` in group `all` (a group has `hosts`, `vars` and `children`; its child groups belong under `children`)");
        insta::assert_snapshot!(mistake("web:\n  hosts:\n    - a\n    - b\n"), @"hosts.yml:3:5: `hosts` of group `web` must be a mapping, not a list (write each name as a key, with a colon after it: `name:`)");
        insta::assert_snapshot!(mistake("web:\n  hosts:\n    a: 5\n"), @"hosts.yml:3:8: host `a` must be a mapping, not a whole number");
        insta::assert_snapshot!(mistake("web:\n  vars: x\n"), @"hosts.yml:2:9: `vars` of group `web` must be a mapping, not text (write each name as a key, with a colon after it: `name:`)");
        insta::assert_snapshot!(mistake("web: a\n"), @"hosts.yml:1:6: group `web` must be a mapping, not text");
        insta::assert_snapshot!(mistake("- web\n"), @"hosts.yml:1:1: an inventory must be a mapping, not a list");
        insta::assert_snapshot!(mistake("web:\n  hosts:\n    n[1:: {}\n"), @"hosts.yml:3:5: bad range in `n[1:`: its `[` is never closed (a range is `[first:last]` or `[first:last:step]`, such as `[01:20]` or `[a:f]`)");
        insta::assert_snapshot!(mistake("a: {children: {b: {children: {c: {children: {a: }}}}}}\n"), @"hosts.yml:1:16: group `b` would contain itself");
        insta::assert_snapshot!(mistake("a: {vars: {ansible_group_priority: high}}\n"), @"hosts.yml:1:36: `ansible_group_priority` must be a whole number");
        insta::assert_snapshot!(mistake("plugin: aws_ec2\n"), @"hosts.yml:1:1: inventory plugins cannot be run (a script that prints the inventory as JSON can be)");
        insta::assert_snapshot!(mistake("_meta: {}\nweb: {hosts: a}\n"), @"hosts.yml:2:14: `hosts` of group `web` must be a list of names, not text");
    }
}

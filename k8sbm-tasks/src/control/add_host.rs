//! `add_host`: adds a host to the inventory of a run.

use super::{free_keys, variable::check_name};
use k8sbm_core::{
    node::Node,
    task::{Effect, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use std::borrow::Cow;

/// Adds a host to the inventory of this run, for later plays.
///
/// All arguments but `name` and `groups` are variables of the host. It is done once for all hosts; to add a host for
/// each, use a loop.
#[derive(Deserialize, JsonSchema)]
struct Known {
    /// Its name or address; a port may follow, as in `node1:2222` or `[fd00::1]:22`.
    #[serde(alias = "hostname", alias = "host")]
    #[schemars(extend("aliases" = ["hostname", "host"]))]
    name: String,
    /// The groups to add it to; those that are not there are made.
    #[serde(default, alias = "group", alias = "groupname")]
    #[schemars(extend("aliases" = ["group", "groupname"]))]
    groups: Vec<String>,
}

const KNOWN: [&str; 6] = ["name", "hostname", "host", "groups", "group", "groupname"];

/// The task: what is known, and the variables of the host.
pub(super) struct AddHost {
    known: Known,
    variables: Returns,
}

impl<'de> Deserialize<'de> for AddHost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (known, variables) = free_keys::read(&Node::deserialize(deserializer)?, &KNOWN)?;
        Ok(Self { known, variables })
    }
}

impl JsonSchema for AddHost {
    fn schema_name() -> Cow<'static, str> {
        "AddHost".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Known::json_schema(generator)
    }
}

/// A name and the port after it.
fn address(text: &str) -> (&str, Option<u16>) {
    let parts = match text.strip_prefix('[') {
        Some(rest) => rest
            .split_once(']')
            .map(|(name, rest)| (name, rest.strip_prefix(':').unwrap_or(rest))),
        None => text.split_once(':').filter(|(_, rest)| !rest.contains(':')),
    };
    match parts.map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) if !name.is_empty() => (name, Some(port)),
        Some((name, _)) if text.ends_with(']') => (name, None),
        _ => (text, None),
    }
}

impl Task for AddHost {
    const NAME: &'static str = "add_host";
    const RUN_ONCE: bool = true;

    fn validate(&self) -> Result<()> {
        if self.known.name.trim().is_empty() {
            return Err(Error::arguments("the host has no name"));
        }
        self.variables.keys().try_for_each(|name| check_name(name))
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let (name, port) = address(self.known.name.trim());
        let mut variables = self.variables.clone();
        if let Some(port) = port {
            for name in ["ansible_port", "ansible_ssh_port"] {
                variables.insert(name.into(), port.into());
            }
        }
        let mut groups: Vec<String> = Vec::new();
        for group in self
            .known
            .groups
            .iter()
            .map(|group| group.trim().to_owned())
        {
            if !group.is_empty() && !groups.contains(&group) {
                groups.push(group);
            }
        }
        let mut plan = Plan::default();
        let shown = json!({"host_name": name, "groups": groups, "host_vars": variables});
        plan.returns("add_host", shown);
        plan.effect(Effect::AddHost {
            name: name.to_owned(),
            groups,
            variables,
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Add a machine that was just installed",
                yaml: "add_host:\n  name: \"{{ lease.address }}\"\n  groups: [workers, new_nodes]\n  ansible_user: root\n  rack: b2\n",
            },
            Example {
                title: "Reach a host by another port",
                yaml: "add_host:\n  name: jump.example.org:2222\n  groups: jump_hosts\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "add_host",
            "The host's `host_name`, `groups` and `host_vars`.",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::address;
    use crate::testing::{plan, refusal};
    use serde_json::json;

    #[tokio::test]
    async fn other_keys_are_variables() {
        let arguments = "{hostname: 'n1:2222', groups: 'a, b,a', rack: [1]}";
        let plan = plan("add_host", arguments).await.unwrap();
        let vars = json!({"rack": [1], "ansible_port": 2222, "ansible_ssh_port": 2222});
        let host = json!({"host_name": "n1", "groups": ["a", "b"], "host_vars": vars});
        assert_eq!(plan.returns["add_host"], host);
        assert_eq!(plan.effects.len(), 1);
    }

    #[test]
    fn ports_follow_names_and_bracketed_addresses() {
        assert_eq!(address("n1"), ("n1", None));
        assert_eq!(address("n1:22"), ("n1", Some(22)));
        assert_eq!(address("fd00::1"), ("fd00::1", None));
        assert_eq!(address("[fd00::1]:22"), ("fd00::1", Some(22)));
        assert_eq!(address("[fd00::1]"), ("fd00::1", None));
        assert_eq!(address("n1:ssh"), ("n1:ssh", None));
    }

    #[test]
    fn a_host_needs_a_name() {
        assert_eq!(
            refusal("add_host", "groups: a").message,
            "`name` is missing"
        );
        assert_eq!(
            refusal("add_host", "name: ''").message,
            "the host has no name"
        );
    }
}

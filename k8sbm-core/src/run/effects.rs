//! What tasks do to the run itself: facts, variables, hosts and groups.

use super::{batch::Batch, instance::Instance, outcome::Round};
use crate::{
    node::{Map, Node, Span},
    playbook::reserved_name,
    task::{Effect, Returns},
    value,
    vars::{HostVars, Layer, Level},
};
use std::sync::Arc;

impl Instance {
    /// Sets what a round says of its host's variables, and lets the inventory grow, which counts as a change.
    pub fn take_effects(&self, round: &mut Round) {
        round.changed |= self.grow(round);
        for effect in &round.effects {
            let (values, cacheable) = match effect {
                Effect::Facts(facts) => {
                    self.facts(round, facts);
                    continue;
                }
                Effect::IncludedVariables(values) => {
                    self.warn_of_reserved(values);
                    for player in self.peers.iter().chain([&self.player]) {
                        player.vars.include(Arc::new(included(values)));
                        player.forget_ways();
                    }
                    continue;
                }
                Effect::Variables { values, cacheable } => (values, *cacheable),
                _ => continue,
            };
            self.warn_of_reserved(values);
            for vars in self.owners(round) {
                for (name, value) in values {
                    vars.set(
                        &name.as_str().into(),
                        value::from_json(value.clone()),
                        self.job.spec.span.clone(),
                    );
                }
            }
            if cacheable {
                self.facts(round, values);
            }
            if values.keys().any(|name| name.starts_with("ansible_")) {
                self.player.forget_ways();
            }
        }
    }

    fn warn_of_reserved(&self, values: &Returns) {
        for warning in values.keys().filter_map(|name| reserved_name(name)) {
            self.warn(&warning.message);
        }
    }

    /// Adds hosts and groups; whether the inventory is another now.
    fn grow(&self, round: &Round) -> bool {
        let mut grown = false;
        for effect in &round.effects {
            let result = match effect {
                Effect::AddHost {
                    name,
                    groups,
                    variables,
                } => {
                    let (name, groups, vars) = (name.clone(), groups.clone(), nodes(variables));
                    self.shared.grow_inventory(move |inventory| {
                        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                        inventory.add_host(&name, &groups, vars.clone());
                        Ok(())
                    })
                }
                Effect::GroupBy { group, parents } => {
                    let (group, parents) = (group.clone(), parents.clone());
                    let name = self.player.name().clone();
                    self.shared
                        .grow_inventory(move |inventory| match inventory.host_id(&name) {
                            Some(id) => {
                                let parents: Vec<&str> =
                                    parents.iter().map(String::as_str).collect();
                                inventory.add_to_group(id, &group, &parents).map(|_| ())
                            }
                            None => Ok(()),
                        })
                }
                _ => continue,
            };
            match result {
                Ok(changed) => grown |= changed,
                Err(diagnostic) => self.warn(&diagnostic.to_string()),
            }
        }
        grown
    }

    fn facts(&self, round: &Round, facts: &Returns) {
        for vars in self.owners(round) {
            vars.add_facts(
                facts
                    .iter()
                    .map(|(name, value)| (name.as_str().into(), value::from_json(value.clone()))),
            );
            self.shared.keep_facts(&vars);
        }
    }

    /// Whose facts they are: the host's and, for what runs once, its peers'; with `delegate_facts` the other host's.
    fn owners(&self, round: &Round) -> Vec<Arc<HostVars>> {
        let delegated = self.job.spec.delegate_facts.as_ref();
        if let (Some(name), Some(switch)) = (&round.delegate, delegated)
            && self
                .shared
                .engine
                .switch(switch, &self.scope)
                .unwrap_or(false)
        {
            return vec![self.shared.host_named(name)];
        }
        self.peers
            .iter()
            .chain([&self.player])
            .map(|player| player.vars.clone())
            .collect()
    }
}

/// Variables that templates gave: data, which is never rendered again.
fn nodes(variables: &Returns) -> Map {
    let given = value::from_json(serde_json::Value::Object(variables.clone()));
    let node = value::to_node(&given, &Span::none());
    node.as_map().cloned().unwrap_or_default()
}

fn included(values: &Returns) -> Layer {
    let node = Node::from_json(&serde_json::Value::Object(values.clone()), &Span::none());
    let empty = Map::new();
    let mut layer = Layer::from_map(
        Level::IncludeVars,
        "include_vars",
        node.as_map().unwrap_or(&empty),
    );
    layer.level = Level::IncludeVars;
    layer
}

impl Batch<'_> {
    /// Adds values for the recap.
    pub(super) fn take_effects(&mut self, host: usize, round: &Round) {
        for effect in &round.effects {
            let Effect::Stats {
                values,
                per_host,
                aggregate,
            } = effect
            else {
                continue;
            };
            let owner = if *per_host {
                self.players[host].name().clone()
            } else {
                "_run".into()
            };
            self.tally.counts().add_stats(&owner, values, *aggregate);
        }
    }
}

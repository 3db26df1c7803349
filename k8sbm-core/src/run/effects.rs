//! What tasks do to the run itself: facts, variables, hosts and groups.

use super::{batch::Batch, instance::Instance, outcome::Round};
use crate::{
    diagnostic::Diagnostic,
    event::Event,
    node::{Entry, Map, Node, Span},
    task::{Effect, Returns},
    value,
    vars::{HostVars, Layer, Level},
};
use std::sync::Arc;

impl Instance {
    /// Sets what a round says of its host's variables.
    pub fn take_variables(&self, round: &Round) {
        for effect in &round.effects {
            let (values, cacheable) = match effect {
                Effect::Facts(facts) => {
                    self.facts(round, facts);
                    continue;
                }
                Effect::IncludedVariables(values) => {
                    for player in self.peers.iter().chain([&self.player]) {
                        player.vars.include(Arc::new(included(values)));
                        player.forget_ways();
                    }
                    continue;
                }
                Effect::Variables { values, cacheable } => (values, *cacheable),
                _ => continue,
            };
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

    fn facts(&self, round: &Round, facts: &Returns) {
        for vars in self.owners(round) {
            vars.add_facts(
                facts
                    .iter()
                    .map(|(name, value)| (name.as_str().into(), value::from_json(value.clone()))),
            );
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
    /// Adds hosts and groups, and values for the recap.
    pub(super) fn take_effects(&mut self, host: usize, round: &Round) {
        for effect in &round.effects {
            match effect {
                Effect::AddHost {
                    name,
                    groups,
                    variables,
                } => {
                    let vars: Map = variables
                        .iter()
                        .map(|(name, value)| {
                            let value = Node::from_json(value, &Span::none());
                            (
                                Arc::from(name.as_str()),
                                Entry {
                                    key: Span::none(),
                                    value,
                                },
                            )
                        })
                        .collect();
                    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                    let grown = self.shared.grow_inventory(|inventory| {
                        inventory.add_host(name, &groups, vars);
                        Ok(())
                    });
                    self.warn_of(grown);
                }
                Effect::GroupBy { group, parents } => {
                    let name = self.players[host].name().clone();
                    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
                    let grown =
                        self.shared
                            .grow_inventory(|inventory| match inventory.host_id(&name) {
                                Some(id) => inventory.add_to_group(id, group, &parents).map(|_| ()),
                                None => Ok(()),
                            });
                    self.warn_of(grown);
                }
                Effect::Stats {
                    values,
                    per_host,
                    aggregate,
                } => {
                    let owner = if *per_host {
                        self.players[host].name().clone()
                    } else {
                        "_run".into()
                    };
                    self.tally.counts().add_stats(&owner, values, *aggregate);
                }
                Effect::Facts(_) | Effect::Variables { .. } | Effect::IncludedVariables(_) => {}
            }
        }
    }

    fn warn_of(&self, grown: Result<(), Diagnostic>) {
        if let Err(diagnostic) = grown {
            self.shared.tell(Event::Warning {
                message: diagnostic.to_string(),
                place: None,
            });
        }
    }
}

//! How a round went, as the playbook judges it: `changed_when`, `failed_when`, `register`.

use super::{failure::Cannot, instance::Instance, outcome::Round};
use crate::{
    node::Node,
    value::{self, Value},
    vars::Scope,
};
use serde_json::Value as Json;
use std::sync::Arc;

impl Instance {
    /// `changed_when` and `failed_when`.
    pub(super) fn judge(&self, round: &mut Round, scope: &Scope) -> Result<(), Cannot> {
        if round.unreachable {
            return Ok(());
        }
        let engine = &self.shared.engine;
        if let Some(condition) = &self.job.spec.changed_when {
            round.changed = engine.condition(condition, &self.seeing(scope, round))?;
            round.result.insert("changed".into(), round.changed.into());
            if round.changed && !self.shared.options.check {
                self.shared.note_change();
            }
        }
        if let Some(condition) = &self.job.spec.failed_when {
            let failed = engine.condition(condition, &self.seeing(scope, round))?;
            round.failed = failed;
            round
                .result
                .insert("failed_when_result".into(), failed.into());
            round.result.insert("failed".into(), failed.into());
        }
        Ok(())
    }

    /// The variables with what `register` names already set.
    pub(super) fn seeing(&self, scope: &Scope, round: &Round) -> Scope {
        match self.job.spec.register.as_ref().and_then(Node::as_str) {
            Some(name) => scope
                .clone()
                .with_local(name, value::from_json(Json::Object(round.result.clone()))),
            None => scope.clone(),
        }
    }

    pub(super) fn register(&self, round: &Round) -> Result<(), Cannot> {
        let Some(register) = &self.job.spec.register else {
            return Ok(());
        };
        let result = round.registered();
        let set = |name: &Arc<str>, value: &Value| {
            for player in self.peers.iter().chain([&self.player]) {
                player.vars.set(name, value.clone(), register.span.clone());
                if name.starts_with("ansible_") {
                    player.forget_ways();
                }
            }
        };
        match &register.kind {
            crate::node::Kind::Str(name) => set(name, &result),
            crate::node::Kind::Map(map) => {
                let scope = self.scope.clone().with_local("ansible_result", result);
                for (name, entry) in map {
                    set(name, &self.shared.engine.value(&entry.value, &scope)?);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

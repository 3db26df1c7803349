//! How a round went, as the playbook judges it: `changed_when`, `failed_when`, `register`.

use super::{failure::Cannot, instance::Instance, job::OWN, outcome::Round};
use crate::{
    node::{Entry, Kind, Map, Node},
    value::Value,
    vars::{Layer, Level, Scope},
};
use serde_json::Value as Json;
use std::sync::Arc;

impl Instance {
    /// `changed_when` and `failed_when`; whether they could be judged.
    pub(super) fn judge(&self, round: &mut Round, scope: &Scope) -> bool {
        if round.unreachable {
            return true;
        }
        let engine = &self.shared.engine;
        if let Some(condition) = &self.job.spec.changed_when {
            match engine.condition(condition, &self.seeing(scope, Some(round))) {
                Ok(changed) => round.changed = changed,
                Err(error) => {
                    self.misjudged(round, "changed_when", error.into());
                    return false;
                }
            }
            round.result.insert("changed".into(), round.changed.into());
            if round.changed && !self.shared.options.check {
                self.shared.note_change();
            }
        }
        if let Some(condition) = &self.job.spec.failed_when {
            match engine.condition(condition, &self.seeing(scope, Some(round))) {
                Ok(failed) => {
                    if round.failed {
                        suppress(round, "failed_when");
                    }
                    round.failed = failed;
                    let result = &mut round.result;
                    result.insert("failed_when_result".into(), failed.into());
                    result.insert("failed".into(), failed.into());
                }
                Err(error) => {
                    self.misjudged(round, "failed_when", error.into());
                    return false;
                }
            }
        }
        true
    }

    /// A condition on a result fails the round, which keeps its result.
    pub(super) fn misjudged(&self, round: &mut Round, keyword: &str, cannot: Cannot) {
        let before = round.result.get("msg").cloned();
        let had_failed = round.failed;
        if had_failed {
            suppress(round, keyword);
        }
        let failed = self.cannot(cannot);
        let message = failed.result.get("msg").cloned().unwrap_or_default();
        let text = |message: &Json| message.as_str().unwrap_or_default().to_owned();
        let told = match before {
            // What ends a loop does not hide what its item said.
            Some(before) if keyword == "break_when" && !had_failed => before,
            Some(before) if keyword == "break_when" => {
                format!("Task failed: Module failed: {}", text(&before)).into()
            }
            _ if had_failed => format!(
                "Task failed: Module failed: A '{keyword}' expression failed: Error rendering expression: {}",
                text(&message)
            )
            .into(),
            _ => message.clone(),
        };
        round.failed |= failed.failed;
        round.unknown = failed.unknown.or(round.unknown.take());
        round.diagnostic = failed.diagnostic.or(round.diagnostic.take());
        if keyword == "changed_when" {
            round.changed = false;
        }
        let result = &mut round.result;
        result.insert("changed".into(), round.changed.into());
        result.insert("failed".into(), round.failed.into());
        result.insert(format!("{keyword}_result"), message);
        result.insert("msg".into(), told);
        let none = "(traceback unavailable)".into();
        result.entry("exception").or_insert(none);
    }

    /// The variables with what `register` names already set, and what the task has given so far as `_task`.
    ///
    /// Without a round it is what the next item of a loop sees.
    pub(super) fn seeing(&self, scope: &Scope, round: Option<&Round>) -> Scope {
        let register = self.job.spec.register.as_ref();
        if register.is_none() && !self.job.introspects {
            return scope.clone();
        }
        let past = self.past();
        let now = round.map(Round::registered);
        let Some(last) = now.clone().or_else(|| past.results.last().cloned()) else {
            return scope.clone();
        };
        let seen = match register.and_then(Node::as_str) {
            Some(name) => scope.clone().with_local(name, last.clone()),
            None => scope.clone(),
        };
        if !self.job.introspects {
            return seen;
        }
        let results: Vec<Value> = past.results.iter().cloned().chain(now).collect();
        let all = Value::from_pairs([("results", Value::from(results))]);
        self.with_own(seen, last, all)
    }

    /// `_task`, and the names that `register` gives to parts of it; those are rendered when they are used.
    fn with_own(&self, scope: Scope, result: Value, all: Value) -> Scope {
        let mut own = vec![("result", result.clone())];
        if self.job.spec.repeat.is_some() {
            own.push(("loop_result", all.clone()));
            own.push(("polymorphic_result", all));
        } else {
            own.push(("polymorphic_result", result));
        }
        let scope = scope.with_local(OWN, Value::from_pairs(own));
        match self.job.spec.register.as_ref().and_then(Node::as_map) {
            Some(names) => {
                let layer = Layer::from_map(Level::IncludeParams, "register", &templates(names));
                scope.with_layer(Arc::new(layer))
            }
            None => scope,
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
            Kind::Str(name) => set(name, &result),
            Kind::Map(map) => {
                let past = self.past();
                let scope = past.scope.clone().unwrap_or_else(|| self.scope.clone());
                let last = past.results.last().cloned();
                let scope = self.with_own(scope, last.unwrap_or_else(|| result.clone()), result);
                let values: Vec<_> = map
                    .keys()
                    .map(|name| Ok((name, scope.get(name)?)))
                    .collect::<Result<_, Cannot>>()?;
                for (name, value) in values {
                    set(name, &value.unwrap_or_default());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Notes that a failure of the module itself no longer shows.
fn suppress(round: &mut Round, keyword: &str) {
    let before = round.result.get("msg").cloned().unwrap_or_default();
    let name = format!("{keyword}_suppressed_exception");
    round.result.entry(name).or_insert(before);
}

/// Expressions as the templates they stand for.
fn templates(names: &Map) -> Map {
    let template = |(name, entry): (&Arc<str>, &Entry)| {
        let kind = match &entry.value.kind {
            Kind::Str(text) => Kind::Str(format!("{{{{ {text} }}}}").into()),
            other => other.clone(),
        };
        let value = Node::at(kind, entry.value.span.clone());
        let key = entry.key.clone();
        (name.clone(), Entry { key, value })
    };
    names.iter().map(template).collect()
}

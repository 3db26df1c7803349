//! What came of one round, and of all rounds together.

use super::{failure::Failure, prepared::Skip};
use crate::{
    diagnostic::Diagnostic,
    event::{Change, Outcome},
    task::{Effect, Returns},
    value::{self, Value},
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What came of one round: the only one, or one item of a loop.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// What `register` sees.
    pub result: Returns,
    pub changed: bool,
    pub failed: bool,
    pub unreachable: bool,
    pub skipped: Option<String>,
    /// A word to the run itself, which the recap does not count.
    pub uncounted: bool,
    /// In check mode: what it waits for, where the result or part of it is not known.
    pub unknown: Option<String>,
    /// The same of each item of a loop.
    pub items: Vec<Option<String>>,
    pub changes: Vec<Change>,
    pub effects: Vec<Effect>,
    pub delegate: Option<Arc<str>>,
    /// Of an item of a loop, and of a loop: what is passed over.
    pub ignored: Option<Ignored>,
    pub diagnostic: Option<Arc<Diagnostic>>,
}

impl Round {
    /// A round whose condition did not hold.
    pub fn skipped(skip: Skip) -> Self {
        let mut result = Returns::new();
        result.insert("changed".into(), false.into());
        result.insert("skipped".into(), true.into());
        result.insert("skip_reason".into(), skip.reason.clone().into());
        if let Some(condition) = &skip.condition {
            // Ansible gives what was written: words of a template, or a plain boolean.
            let written = match condition.as_str() {
                "False" => Json::Bool(false),
                condition => condition.into(),
            };
            result.insert("false_condition".into(), written);
        }
        let reason = skip.condition.unwrap_or(skip.reason);
        Self {
            result,
            skipped: Some(reason),
            ..Self::default()
        }
    }

    /// Adds to what the user should know of it.
    pub fn warn(&mut self, warning: String) {
        let warnings = self.result.entry("warnings");
        if let Json::Array(warnings) = warnings.or_insert_with(|| Json::Array(Vec::new())) {
            warnings.push(warning.into());
        }
    }

    /// A round that failed.
    pub fn failure(failure: Failure) -> Self {
        let mut result = failure.returns;
        result.insert("msg".into(), failure.message.into());
        let changed = result.get("changed") == Some(&json!(true));
        result.insert("changed".into(), changed.into());
        if failure.unreachable {
            result.insert("unreachable".into(), true.into());
        } else {
            result.insert("failed".into(), true.into());
        }
        add_lines(&mut result);
        Self {
            result,
            changed,
            failed: !failure.unreachable,
            unreachable: failure.unreachable,
            diagnostic: failure.diagnostic,
            ..Self::default()
        }
    }

    /// In check mode, a round of which nobody can say what it would do.
    pub fn unknown(waits_for: String) -> Self {
        Self {
            unknown: Some(waits_for),
            ..Self::default()
        }
    }

    /// What `register` sets: in check mode, what is not known of it says so when it is used.
    pub fn registered(&self) -> Value {
        let Some(waits_for) = &self.unknown else {
            return value::from_json(Json::Object(self.result.clone()));
        };
        let known = self.result.iter().map(|(name, known)| match known {
            Json::Array(results) if name == "results" && !self.items.is_empty() => {
                let items = results.iter().zip(&self.items);
                (
                    name,
                    items
                        .map(|(item, unknown)| partly_known(item, unknown.as_deref()))
                        .collect(),
                )
            }
            _ => (name, value::from_json(known.clone())),
        });
        let known = known.map(|(name, known)| (name.clone(), known));
        value::Unknown::beyond(known, waits_for.as_str())
    }

    /// How it ended, for events.
    pub fn outcome(&self, ignored: Ignored) -> Outcome {
        if self.unreachable {
            Outcome::Unreachable {
                ignored: ignored.unreachable,
            }
        } else if self.failed {
            Outcome::Failed {
                ignored: ignored.errors,
            }
        } else if let Some(reason) = &self.skipped {
            Outcome::Skipped {
                reason: reason.clone(),
            }
        } else if self.changed {
            Outcome::Changed
        } else if let Some(waits_for) = &self.unknown {
            Outcome::Unknown {
                waits_for: waits_for.clone(),
            }
        } else {
            Outcome::Ok
        }
    }
}

fn partly_known(result: &Json, unknown: Option<&str>) -> Value {
    match (result, unknown) {
        (Json::Object(known), Some(waits_for)) => {
            let known = known.clone().into_iter();
            let known = known.map(|(name, known)| (name, value::from_json(known)));
            value::Unknown::beyond(known, waits_for)
        }
        _ => value::from_json(result.clone()),
    }
}

/// Which troubles are passed over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ignored {
    pub errors: bool,
    pub unreachable: bool,
}

/// `stdout_lines` beside `stdout`, and the same for `stderr`.
pub(super) fn add_lines(result: &mut Returns) {
    for (text, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        if let (Some(Json::String(said)), false) = (result.get(text), result.contains_key(lines)) {
            let said: Vec<Json> = said.lines().map(Json::from).collect();
            result.insert(lines.into(), Json::Array(said));
        }
    }
}

/// The rounds of a loop as one.
pub(super) fn together(rounds: Vec<Round>) -> Round {
    let mut all = Round::default();
    let count = rounds.len();
    let skipped = rounds
        .iter()
        .filter(|round| round.skipped.is_some())
        .count();
    let mut results = Vec::with_capacity(count);
    for round in rounds {
        if let Some(own) = round.ignored {
            // As in Ansible, one item that is passed over lets the whole loop be.
            let all = all.ignored.get_or_insert_default();
            all.errors |= own.errors;
            all.unreachable |= own.unreachable;
        }
        all.changed |= round.changed;
        all.failed |= round.failed;
        all.unreachable |= round.unreachable;
        all.unknown = all.unknown.or_else(|| round.unknown.clone());
        all.items.push(round.unknown);
        all.changes.extend(round.changes);
        all.effects.extend(round.effects);
        all.delegate = round.delegate.or(all.delegate);
        all.diagnostic = all.diagnostic.or(round.diagnostic);
        if skipped == count {
            all.skipped = all.skipped.or(round.skipped);
        }
        results.push(Json::Object(round.result));
    }
    if count == 0 {
        all.skipped = Some("No items in the list".into());
        all.result
            .insert("skipped_reason".into(), "No items in the list".into());
    }
    all.result.insert("results".into(), Json::Array(results));
    if all.unknown.is_none() || all.changed {
        all.result.insert("changed".into(), all.changed.into());
    }
    if all.failed {
        all.result.insert("failed".into(), true.into());
        all.result
            .insert("msg".into(), "One or more items failed".into());
    } else if all.skipped.is_some() {
        all.result.insert("skipped".into(), true.into());
        all.result
            .entry("msg")
            .or_insert("All items skipped".into());
    } else {
        all.result
            .insert("msg".into(), "All items completed".into());
    }
    all
}

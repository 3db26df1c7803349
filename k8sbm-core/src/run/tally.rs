//! The recap, counted while the run goes on.

use super::outcome::{Ignored, Round};
use crate::{event::Recap, task::Returns};
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How the run goes, which its plays add to side by side.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

/// What is counted for the recap.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub recap: IndexMap<Arc<str>, Recap>,
    pub stats: Returns,
    /// A play was ended for all its hosts.
    pub gave_up: bool,
    /// A mistake ended the run.
    pub broken: bool,
    /// Hosts that failed, and take no part in further plays.
    pub lost: HashSet<Arc<str>>,
    /// Hosts whose failures were taken away, and that did not fail since.
    pub forgiven: HashSet<Arc<str>>,
}

impl Tally {
    /// The counts, for a moment.
    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a host failed in a play before.
    pub fn has_lost(&self, host: &Arc<str>) -> bool {
        self.counts().lost.contains(host)
    }
}

impl Counts {
    /// Counts how a task ended on a host; `rescued` where a rescue deals with its failure.
    pub fn count(&mut self, host: &Arc<str>, round: &Round, ignored: Ignored, rescued: bool) {
        if round.uncounted {
            return;
        }
        let recap = self.recap.entry(host.clone()).or_default();
        let troubled = (round.unreachable && !ignored.unreachable)
            || (round.failed && !ignored.errors && !rescued);
        if troubled {
            self.forgiven.remove(host);
        }
        if round.unreachable {
            if ignored.unreachable {
                recap.ignored += 1;
                // The recap tells it, the outcome does not, unless there is something else.
                if recap.failed + recap.blocked + recap.unreachable == 0 {
                    self.forgiven.insert(host.clone());
                }
            }
            recap.unreachable += 1;
        } else if round.failed && !ignored.errors {
            if rescued {
                recap.rescued += 1;
            } else {
                recap.failed += 1;
            }
        } else if round.skipped.is_some() {
            recap.skipped += 1;
        } else if round.unknown.is_some() && !round.changed {
            recap.unknown += 1;
        } else {
            recap.ok += 1;
            recap.changed += u32::from(round.changed);
            recap.ignored += u32::from(round.failed);
        }
    }

    /// Takes away the failures of hosts (`meta: clear_host_errors`).
    pub fn forgive(&mut self, hosts: &[Arc<str>]) {
        self.lost.retain(|lost| !hosts.contains(lost));
        self.forgiven.extend(hosts.iter().cloned());
    }

    /// Counts a task that could not begin.
    pub fn blocked(&mut self, host: &Arc<str>) {
        self.forgiven.remove(host);
        self.recap.entry(host.clone()).or_default().blocked += 1;
    }

    /// Adds values of `set_stats`.
    pub fn add_stats(&mut self, owner: &str, values: &Returns, aggregate: bool) {
        let stats = self
            .stats
            .entry(owner)
            .or_insert_with(|| Json::Object(Returns::new()));
        let Json::Object(stats) = stats else { return };
        for (name, value) in values {
            let sum = match (stats.get(name), value) {
                (Some(Json::Number(old)), Json::Number(new)) if aggregate => {
                    match (old.as_i64(), new.as_i64()) {
                        (Some(old), Some(new)) => Json::from(old + new),
                        _ => Json::from(old.as_f64().unwrap_or(0.0) + new.as_f64().unwrap_or(0.0)),
                    }
                }
                (Some(Json::Array(old)), Json::Array(new)) if aggregate => {
                    Json::Array(old.iter().chain(new).cloned().collect())
                }
                (Some(Json::Object(old)), Json::Object(new)) if aggregate => {
                    let mut old = old.clone();
                    old.extend(new.clone());
                    Json::Object(old)
                }
                (Some(Json::String(old)), Json::String(new)) if aggregate => {
                    Json::String(format!("{old}{new}"))
                }
                _ => value.clone(),
            };
            stats.insert(name.clone(), sum);
        }
    }
}

//! Facts, by host.

use k8sbm_core::event::{Event, Outcome, Sink};
use serde_json::{Map, Value as Json};
use std::sync::{Mutex, PoisonError};

/// Gathers the facts that tasks return.
#[derive(Default)]
pub struct Facts(Mutex<Map<String, Json>>);

impl Facts {
    /// All facts, by host.
    pub fn take(&self) -> Json {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = std::mem::take(&mut *all);
        all.sort_keys();
        Json::Object(all)
    }
}

impl Sink for Facts {
    fn event(&self, event: &Event) {
        let Event::HostFinished(finished) = event else {
            return;
        };
        if matches!(finished.outcome, Outcome::Ok | Outcome::Changed)
            && let Some(facts) = finished.result.get("ansible_facts")
        {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(finished.host.to_string(), facts.clone());
        }
    }
}

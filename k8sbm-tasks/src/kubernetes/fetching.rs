//! What a run tells of the artefacts that the controller fetches.

use crate::artifacts::{Progress, Tally};
use k8sbm_core::task::Controller;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often it is told: no faster than somebody reads.
const EVERY: Duration = Duration::from_millis(250);

/// Artefacts on their way to the controller, told as one.
#[derive(Clone)]
pub(crate) struct Fetching(Arc<Mutex<State>>);

struct State {
    controller: Arc<dyn Controller>,
    tally: Tally,
    told: Option<Instant>,
}

impl Fetching {
    /// None of `count` was fetched yet.
    pub fn new(controller: &Arc<dyn Controller>, count: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            controller: controller.clone(),
            tally: Tally::new(count),
            told: None,
        })))
    }

    /// Who is told of the bytes of the artefact `name`.
    pub fn progress(&self, name: &str) -> Progress {
        let (state, name) = (self.0.clone(), name.to_owned());
        Arc::new(move |done, total| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.tally.came(&name, done, total);
            if state.told.is_none_or(|told| told.elapsed() >= EVERY) {
                state.told = Some(Instant::now());
                state.controller.progress(&state.tally.line());
            }
        })
    }

    /// An artefact is there, or cannot be had.
    pub fn end(&self, name: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.tally.end(name);
    }
}

//! A host taking part in a play.

use super::{prepared::Prepared, shared::Shared, ways};
use crate::{event::TaskId, host::Machine, vars::HostVars};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A host taking part in a play.
pub(super) struct Player {
    pub vars: Arc<HostVars>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    machine: Option<Arc<Machine>>,
    ahead: HashMap<TaskId, Prepared>,
    window: usize,
}

impl Player {
    pub fn new(vars: Arc<HostVars>) -> Self {
        Self {
            vars,
            state: Mutex::default(),
        }
    }

    pub fn name(&self) -> &Arc<str> {
        &self.vars.name
    }

    /// The machine as the host's own variables say, made once.
    pub fn machine(
        &self,
        make: impl FnOnce() -> Result<Arc<Machine>, ways::Error>,
    ) -> Result<Arc<Machine>, ways::Error> {
        if let Some(machine) = &self.state().machine {
            return Ok(machine.clone());
        }
        let machine = make()?;
        self.state().machine = Some(machine.clone());
        Ok(machine)
    }

    /// Lets variables that say how to connect be read anew.
    pub fn forget_ways(&self) {
        self.state().machine = None;
    }

    /// Whether a task was prepared ahead of its turn.
    pub fn is_prepared(&self, task: TaskId) -> bool {
        self.state().ahead.contains_key(&task)
    }

    /// What was prepared for a task ahead of its turn, if that still holds.
    pub fn take_prepared(&self, task: TaskId, shared: &Shared) -> Option<Prepared> {
        let mut state = self.state();
        let prepared = state.ahead.remove(&task)?;
        if prepared.holds(shared) {
            return Some(prepared);
        }
        // What was looked at has changed since: look less far ahead until things are quiet again.
        state.ahead.clear();
        state.window = 1;
        None
    }

    pub fn keep_prepared(&self, task: TaskId, prepared: Prepared) {
        self.state().ahead.insert(task, prepared);
    }

    /// How many tasks to look at together now; it doubles as long as nothing changes.
    pub fn next_window(&self, most: usize) -> usize {
        let mut state = self.state();
        state.ahead.clear();
        state.window = match state.window {
            0 => most,
            window => (window * 2).min(most),
        };
        state.window.max(1)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

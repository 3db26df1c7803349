//! What there is to warn of, until somebody tells it.

use super::Diagnostic;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Warnings that wait to be told; all clones share them.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<Vec<Diagnostic>>>);

impl Warnings {
    /// Adds one, unless the same waits already.
    pub fn add(&self, warning: Diagnostic) {
        let same =
            |said: &Diagnostic| said.message == warning.message && said.span() == warning.span();
        let mut waiting = self.waiting();
        if !waiting.iter().any(same) {
            waiting.push(warning);
        }
    }

    /// Takes all that wait.
    #[must_use]
    pub fn take(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Diagnostic>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

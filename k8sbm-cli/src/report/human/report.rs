//! The report itself: a reader of events with a screen.

use super::{Look, telling::Telling};
use crate::terminal::Terminal;
use k8sbm_core::event::{Event, Sink};
use std::{
    io::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::Duration,
};

/// How often the screen is drawn at most.
const TICK: Duration = Duration::from_millis(100);

/// The report for people.
pub struct Human(Mutex<Telling>);

impl Human {
    /// A report that is written to `out`.
    pub fn new(look: Look, out: Box<dyn Write + Send>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Telling::new(look, out))))
    }

    /// Tells warnings there, as Ansible does on standard error; not for a screen that is redrawn.
    pub fn warn_beside(&self, out: Box<dyn Write + Send>) {
        self.state().warn_beside(out);
    }

    /// Draws the screen ten times a second, until the report is dropped.
    pub fn animate(self: &Arc<Self>, terminal: Terminal) {
        let report: Weak<Self> = Arc::downgrade(self);
        thread::spawn(move || {
            loop {
                thread::sleep(TICK);
                let Some(report) = report.upgrade() else {
                    break;
                };
                report.state().tick(terminal.size());
            }
        });
    }

    /// Lets somebody be asked below all that was said so far.
    pub fn aside<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.state().hold();
        let answer = ask();
        self.state().release();
        answer
    }

    fn state(&self) -> MutexGuard<'_, Telling> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Human {
    fn drop(&mut self) {
        self.state().flush();
    }
}

impl Sink for Human {
    fn event(&self, event: &Event) {
        self.state().event(event);
    }
}

#[cfg(test)]
mod tests;

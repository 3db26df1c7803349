//! What is done when a run ends, however it ends: what it took from others is given back.

use super::shared::Shared;
use crate::{
    event::Event,
    host::{Command, Host},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What is left to do then, and what tells this run from others.
pub(super) struct Parting {
    /// What tells this run from all others.
    pub run: Arc<str>,
    duties: Mutex<Vec<Duty>>,
}

struct Duty {
    host: Host,
    command: Command,
    what: String,
}

/// A host that died must not keep the run from ending.
const LONGEST: Duration = Duration::from_secs(20);

impl Default for Parting {
    fn default() -> Self {
        Self {
            run: uuid::Uuid::new_v4().simple().to_string().into(),
            duties: Mutex::default(),
        }
    }
}

impl Parting {
    /// Adds a command for the end of the run.
    pub fn add(&self, host: Host, command: Command, what: &str) {
        let what = what.to_owned();
        let duty = Duty {
            host,
            command,
            what,
        };
        self.duties().push(duty);
    }

    fn duties(&self) -> std::sync::MutexGuard<'_, Vec<Duty>> {
        self.duties.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Does what is left to do at the end of a run, the last first.
    pub async fn part(&self) {
        let duties = std::mem::take(&mut *self.parting.duties());
        for Duty {
            host,
            command,
            what,
        } in duties.into_iter().rev()
        {
            let done = tokio::time::timeout(LONGEST, host.check(command)).await;
            let why = match done {
                Ok(Ok(_)) => continue,
                Ok(Err(error)) => error.message,
                Err(_) => format!("no answer within {} s", LONGEST.as_secs()),
            };
            self.tell(Event::Warning {
                message: format!("{}: could not {what}: {why}", host.name()),
                place: None,
            });
        }
    }
}

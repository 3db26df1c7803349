//! Commands that only read, and when they may be asked.

use super::{Probe, told, unreadable};
use crate::{
    host::{Command, Look, Output, Program, Seen},
    task::{Error, ErrorKind, Result},
};
use std::sync::Arc;

impl Probe {
    /// What a command prints that only reads this host's own state, whatever its exit status.
    ///
    /// It may be asked ahead of the task's turn, and once for several tasks.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn query<S: AsRef<str>>(
        &self,
        argv: impl IntoIterator<Item = S>,
    ) -> Result<Arc<Output>> {
        self.query_command(Command::new(
            argv.into_iter().map(|word| word.as_ref().to_owned()),
        ))
        .await
    }

    /// As [`query`](Self::query), for a command with surroundings or a script.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn query_command(&self, command: Command) -> Result<Arc<Output>> {
        let subject = subject(&command);
        let look = Look::Query(self.surrounded(command));
        printed(self.ask(look, &subject).await?, &subject)
    }

    /// What a command prints that only reads, but takes its time, and is asked only where something would change.
    ///
    /// It is asked when it is the task's turn: a change makes what was looked at beyond it worthless.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn query_slowly(&self, command: Command) -> Result<Arc<Output>> {
        self.only_in_turn()?;
        self.query_command(command).await
    }

    /// What a command prints that only reads, but reads beyond this host (an API server, a download).
    ///
    /// It is asked when it is the task's turn, beside other looks, and never remembered.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn query_beyond(&self, command: Command) -> Result<Arc<Output>> {
        self.only_in_turn()?;
        let subject = subject(&command);
        let look = Look::Query(self.surrounded(command));
        let seen = self.machine.ask_beyond(&self.run_as, look).await?;
        printed(told(seen, &subject)?, &subject)
    }

    /// Says that what follows lies beyond this host, such as a file of the controller that another host's task makes.
    ///
    /// # Errors
    /// Ahead of the task's turn.
    pub fn only_in_turn(&self) -> Result<()> {
        if self.ahead {
            return Err(Error {
                kind: ErrorKind::NotYet,
                ..Error::failed("asked when it is the task's turn")
            });
        }
        Ok(())
    }
}

/// What a command is called where it fails.
fn subject(command: &Command) -> String {
    match &command.program {
        Program::Argv(argv) => argv.first().cloned().unwrap_or_default(),
        Program::Shell { .. } => "a script".into(),
    }
}

fn printed(seen: Seen, subject: &str) -> Result<Arc<Output>> {
    match seen {
        Seen::Output(output) => Ok(output),
        _ => Err(unreadable(subject)),
    }
}

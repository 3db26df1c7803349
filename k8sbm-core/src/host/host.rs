//! A host as a step acts on it.

use super::{Command, FileChange, Machine, Output};
use crate::{
    connection::{Answer, Request, RunAs},
    task::{Controller, Error, Probe, Result},
};
use std::{fmt, sync::Arc, time::Duration};

/// A host as a step acts on it: everything a [`Probe`] can see, and the power to change it.
#[derive(Clone)]
pub struct Host {
    probe: Probe,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({})", self.name())
    }
}

impl Host {
    /// The host that `probe` looks at.
    pub fn new(probe: Probe) -> Self {
        Self { probe }
    }

    /// The host's name in the inventory.
    pub fn name(&self) -> &str {
        self.probe.name()
    }

    /// A probe that looks at the host as it is now.
    pub fn probe(&self) -> &Probe {
        self.machine().forget();
        &self.probe
    }

    /// Another host, by its name in the inventory, with the same power over it.
    ///
    /// # Errors
    /// When it cannot be said how to reach it.
    pub fn other(&self, name: &str) -> Result<Self> {
        self.probe.other(name).map(Self::new)
    }

    /// The machine behind it.
    pub fn machine(&self) -> &Arc<Machine> {
        self.probe.machine()
    }

    /// The machine that k8sbm runs on.
    pub fn controller(&self) -> &Arc<dyn Controller> {
        self.probe.controller()
    }

    /// As whom it acts.
    pub fn run_as(&self) -> &Arc<RunAs> {
        self.probe.run_as()
    }

    /// Runs a command and returns what came of it, whatever its exit status.
    ///
    /// # Errors
    /// When the host cannot be reached, or the command ran longer than its limit.
    pub async fn run(&self, command: Command) -> Result<Output> {
        let command = self.probe.surrounded(command);
        match self.send(Request::Run(command)).await? {
            Answer::Output(output) => Ok(output),
            Answer::TimedOut(limit) => Err(Error::failed(format!(
                "the command ran longer than {} s, and was ended",
                limit.as_secs_f32()
            ))),
            _ => Err(Error::failed("the host gave no answer to a command")),
        }
    }

    /// Runs a command that must exit with 0.
    ///
    /// # Errors
    /// With what the command said, when it exited with anything else.
    pub async fn check(&self, command: Command) -> Result<Output> {
        let line = command.line();
        let output = self.run(command).await?;
        if output.success() {
            return Ok(output);
        }
        let said = [output.error_text(), output.text()].join("\n");
        let message = match said.trim() {
            "" => format!("`{line}` exited with {}", output.status),
            said => format!("`{line}` exited with {}: {said}", output.status),
        };
        Err(Error::failed(message)
            .returning("rc", output.status)
            .returning("stdout", output.text().trim_end_matches('\n'))
            .returning("stderr", output.error_text().trim_end_matches('\n')))
    }

    /// Changes a file.
    ///
    /// # Errors
    /// With what the host said, when it could not be changed.
    pub async fn change(&self, change: FileChange) -> Result<()> {
        let path = change.path().to_owned();
        match self.send(Request::Change(change)).await? {
            Answer::Changed(Ok(())) => Ok(()),
            Answer::Changed(Err(message)) => Err(Error::failed(format!("{path}: {message}"))),
            Answer::TimedOut(limit) => Err(Error::failed(format!(
                "{path}: no answer within {} s",
                limit.as_secs()
            ))),
            _ => Err(Error::failed(format!(
                "{path}: the host gave no answer to a change"
            ))),
        }
    }

    /// Lets time pass in which something happens on the host by itself.
    pub async fn wait(&self, time: Duration) {
        self.probe.wait(time).await;
    }

    /// Drops the connection, so that the next request opens a new one (after a reboot, a new group).
    pub async fn reconnect(&self) {
        self.machine().connection().reset().await;
        self.machine().forget();
    }

    async fn send(&self, request: Request) -> Result<Answer> {
        self.machine().forget_backup_names();
        self.machine().forget();
        let answers = self
            .machine()
            .connection()
            .send(self.run_as(), vec![request])
            .await;
        self.machine().forget();
        answers?
            .pop()
            .ok_or_else(|| Error::failed("the host gave no answer"))
    }
}

//! The machine that the engine runs on.

use super::pool::Shells;
use super::transport::{Channel, Transport, shell_ended};
use super::{Answer, Connection, ConnectionError, ConnectionErrorKind, Request, RunAs};
use async_trait::async_trait;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// A connection to the machine that the engine runs on.
#[derive(Debug)]
pub struct Local(Shells<LocalTransport>);

impl Local {
    /// Starts nothing until it is asked something.
    pub fn new() -> Self {
        Self::with_shell("/bin/sh")
    }

    /// Uses another POSIX shell than `/bin/sh`; words may follow its name, as in `busybox sh`.
    pub fn with_shell(shell: &str) -> Self {
        let shell = shell.split_whitespace().map(str::to_owned).collect();
        Self(Shells::new(LocalTransport { shell }))
    }
}

impl Default for Local {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connection for Local {
    async fn send(
        &self,
        user: &RunAs,
        requests: Vec<Request>,
    ) -> Result<Vec<Answer>, ConnectionError> {
        self.0.send(user, requests).await
    }

    async fn reset(&self) {
        self.0.reset().await;
    }

    async fn close(&self) {
        self.0.close().await;
    }

    fn is_local(&self) -> bool {
        true
    }
}

#[derive(Debug)]
pub(super) struct LocalTransport {
    shell: Vec<String>,
}

impl Default for LocalTransport {
    fn default() -> Self {
        Self {
            shell: vec!["/bin/sh".to_owned()],
        }
    }
}

#[async_trait]
impl Transport for LocalTransport {
    async fn start(&self, argv: &[String]) -> Result<Channel, ConnectionError> {
        let argv = match argv {
            [shell] if shell == "/bin/sh" => &self.shell,
            argv => argv,
        };
        let mut command = Command::new(&argv[0]);
        command.args(&argv[1..]).process_group(0);
        let started = spawn(command).map(|(channel, _)| channel);
        started.map_err(|error| ConnectionError {
            kind: ConnectionErrorKind::Unreachable,
            message: format!("cannot start `{}`: {error}", argv[0]).into(),
            hint: None,
        })
    }

    async fn ended(&self, words: &str) -> ConnectionError {
        shell_ended(words)
    }

    async fn reset(&self) {}

    async fn close(&self) {}
}

/// Starts a command with pipes on its three streams.
pub(super) fn spawn(mut command: Command) -> std::io::Result<(Channel, Child)> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(std::io::Error::other("a stream is missing"));
    };
    let channel = Channel {
        stdin: Box::new(stdin),
        stdout: Box::new(stdout),
        stderr: Box::new(stderr),
        _owner: Box::new(()),
    };
    Ok((channel, child))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::host::Output;

    /// Every POSIX shell of this machine.
    pub fn every_shell() -> Vec<Local> {
        let shells = [
            "/bin/sh",
            "/bin/dash",
            "/bin/bash --posix",
            "/bin/busybox sh",
        ];
        let there = |shell: &&str| {
            let program = shell.split(' ').next().unwrap_or_default();
            std::path::Path::new(program).exists()
        };
        shells
            .into_iter()
            .filter(there)
            .map(Local::with_shell)
            .collect()
    }

    /// Asks one thing.
    pub async fn ask(host: &Local, request: Request) -> Answer {
        let mut answers = host
            .send(&RunAs::Connected, vec![request])
            .await
            .unwrap_or_else(|error| panic!("{host:?}: {error}"));
        answers.remove(0)
    }

    /// Runs one command.
    pub async fn run(host: &Local, command: crate::host::Command) -> Output {
        match ask(host, Request::Run(command)).await {
            Answer::Output(output) => output,
            other => panic!("{other:?}"),
        }
    }
}

//! What a fake host says to commands.

use super::FakeHost;
use crate::host::{Command, Output, Program};
use std::{fmt, sync::Arc};

/// Whether a reply is meant for a command.
pub(super) type Matches = dyn Fn(&Command) -> bool + Send + Sync;

/// What a command does to a host, and what it prints.
pub(super) type Acts = dyn Fn(&FakeHost, &Command) -> Output + Send + Sync;

/// An answer to the commands that it is meant for.
#[derive(Clone)]
pub(super) struct Reply {
    pub kind: Kind,
    pub matches: Arc<Matches>,
    pub output: Arc<Acts>,
}

/// Whether a reply is to questions or to orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Query,
    Command,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({:?})", self.kind)
    }
}

/// What a program that ends with `status` printed.
pub(super) fn printed(status: i32, stdout: &str, stderr: &str) -> Output {
    Output {
        status,
        stdout: stdout.into(),
        stderr: stderr.into(),
    }
}

/// The words of a command as a test writes them: a script is one word.
pub(super) fn words(command: &Command) -> Vec<&str> {
    match &command.program {
        Program::Argv(argv) => argv.iter().map(String::as_str).collect(),
        Program::Shell { script, .. } => vec![script],
    }
}

//! A command to run on a host, and what came of it.

use serde::Serialize;
use std::time::Duration;

/// A command with its surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Command {
    /// What to run.
    pub program: Program,
    /// Standard input; nothing is `/dev/null`.
    pub stdin: Option<Vec<u8>>,
    /// Directory to run in.
    pub chdir: Option<String>,
    /// Variables added to the environment, in order.
    pub environment: Vec<(String, String)>,
    /// File mode creation mask.
    pub umask: Option<u32>,
    /// Ends the command, and all it started, after this time.
    pub timeout: Option<Duration>,
}

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// A program and its arguments; no shell reads them.
    Argv(Vec<String>),
    /// A script for a shell.
    Shell {
        /// The text.
        script: String,
        /// The shell, `/bin/sh` unless said otherwise.
        executable: Option<String>,
    },
}

impl Default for Program {
    fn default() -> Self {
        Self::Argv(Vec::new())
    }
}

impl Command {
    /// A program with its arguments.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self {
            program: Program::Argv(argv.into_iter().map(Into::into).collect()),
            ..Self::default()
        }
    }

    /// A script for `/bin/sh`.
    pub fn shell(script: impl Into<String>) -> Self {
        Self {
            program: Program::Shell {
                script: script.into(),
                executable: None,
            },
            ..Self::default()
        }
    }

    /// Feeds standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Adds a variable to the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Runs in a directory.
    #[must_use]
    pub fn chdir(mut self, directory: impl Into<String>) -> Self {
        self.chdir = Some(directory.into());
        self
    }

    /// Ends it after a time.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// As one line, for summaries: words are quoted where a shell would need it.
    pub fn line(&self) -> String {
        match &self.program {
            Program::Argv(argv) => argv
                .iter()
                .map(|word| crate::connection::quote(word))
                .collect::<Vec<_>>()
                .join(" "),
            Program::Shell { script, .. } => script.clone(),
        }
    }
}

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Output {
    /// Exit status; 128 and the signal's number where a signal ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it exited with 0.
    pub fn success(&self) -> bool {
        self.status == 0
    }

    /// Standard output as text; bytes that are not UTF-8 become `U+FFFD`.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

//! The contract between the engine and a connection.

use crate::host::{Command, FileChange, Look, Output, Seen};
use async_trait::async_trait;
use std::{fmt, sync::Arc, time::Duration};

/// One thing asked of a host or done to it.
#[derive(Clone, Debug)]
pub enum Request {
    /// A look, which changes nothing.
    Look(Look),
    /// A change of files.
    Change(FileChange),
    /// A command.
    Run(Command),
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What a look saw.
    Seen(Seen),
    /// A change was made, or why not.
    Changed(Result<(), String>),
    /// What came of a command.
    Output(Output),
    /// A command that ran longer than its limit, and was ended with all it started.
    TimedOut(Duration),
}

/// As whom requests run on the host.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub enum RunAs {
    /// As the user who connected.
    #[default]
    Connected,
    /// As another user, through sudo or su.
    Become {
        /// The user.
        user: String,
        /// `sudo` or `su`.
        method: String,
        /// The password, if one is needed.
        password: Option<String>,
        /// More arguments for the method, such as `-H`.
        flags: Option<String>,
    },
}

/// Shows no password.
impl fmt::Debug for RunAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("Connected"),
            Self::Become { user, method, .. } => write!(f, "Become({user} by {method})"),
        }
    }
}

/// A way to reach one host.
#[async_trait]
pub trait Connection: Send + Sync + fmt::Debug {
    /// Sends requests together and returns one answer each, in order. They run one after the other on the host.
    ///
    /// # Errors
    /// When the host cannot be reached or asked; what fails on the host is an [`Answer`].
    async fn send(
        &self,
        user: &RunAs,
        requests: Vec<Request>,
    ) -> Result<Vec<Answer>, ConnectionError>;

    /// Drops what is open, so that the next request connects anew (after a reboot, a new group membership).
    async fn reset(&self);

    /// Closes in an orderly way at the end of a run.
    async fn close(&self);

    /// Lets time pass in which something happens on the host by itself.
    async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Whether the host is the machine that the engine itself runs on.
    fn is_local(&self) -> bool {
        false
    }
}

/// Why a host could not be asked.
#[derive(Clone, Debug)]
pub struct ConnectionError {
    /// What kind of trouble.
    pub kind: ConnectionErrorKind,
    /// What is known: a lower-case fragment.
    pub message: Arc<str>,
    /// What to do about it.
    pub hint: Option<Arc<str>>,
}

/// The kinds of trouble with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionErrorKind {
    /// No connection, or it broke: the host is *unreachable*.
    Unreachable,
    /// The host's key is unknown or has changed.
    HostKey,
    /// The host refused the user or key.
    Authentication,
    /// sudo or su refused, or asked for a password that is missing or wrong.
    Become,
    /// The host answered what nobody can read.
    Protocol,
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConnectionError {}

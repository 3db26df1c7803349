//! Where a shell's three streams come from.

use super::{ConnectionError, ConnectionErrorKind};
use async_trait::async_trait;
use std::{any::Any, fmt};
use tokio::io::{AsyncRead, AsyncWrite};

/// Starts programs on a host.
#[async_trait]
pub(crate) trait Transport: Send + Sync + fmt::Debug {
    /// Starts a program.
    async fn start(&self, argv: &[String]) -> Result<Channel, ConnectionError>;

    /// Says why a shell ended that ought not to have, whose last words on standard error these are.
    async fn ended(&self, words: &str) -> ConnectionError;

    /// Drops what is open.
    async fn reset(&self);

    /// Closes in an orderly way.
    async fn close(&self);
}

/// The error for a shell that ended in the middle of a command, though the host is still there.
pub(crate) fn shell_ended(words: &str) -> ConnectionError {
    let message = match words {
        "" => "the shell ended before the command did".to_owned(),
        words => format!("the shell ended before the command did: {words}"),
    };
    ConnectionError {
        kind: ConnectionErrorKind::Unreachable,
        message: message.into(),
        hint: Some("the command may have ended it, or the host ran out of memory".into()),
    }
}

/// A running program's streams.
pub(crate) struct Channel {
    /// Its standard input.
    pub stdin: Box<dyn AsyncWrite + Send + Sync + Unpin>,
    /// Its standard output.
    pub stdout: Box<dyn AsyncRead + Send + Sync + Unpin>,
    /// Its standard error.
    pub stderr: Box<dyn AsyncRead + Send + Sync + Unpin>,
    /// Kept as long as the streams are.
    pub _owner: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Channel")
    }
}

//! Asking a host that may not answer.

use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Error, Result},
};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Runs a command over a new connection, and gives up after a time.
///
/// # Errors
/// When the host does not answer in time.
pub(crate) async fn attempt(host: &Host, command: Command, patience: Duration) -> Result<Output> {
    let asked = timeout(patience, async {
        host.reconnect().await;
        host.run(command).await
    });
    match asked.await {
        Ok(answer) => answer,
        Err(_) => Err(Error::failed(format!(
            "no answer within {} s",
            patience.as_secs()
        ))),
    }
}

/// How often and how long to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For one answer.
    pub(crate) answer: Duration,
    /// Between two questions.
    pub(crate) pause: Duration,
    /// For all of it.
    pub(crate) end: Instant,
}

/// Asks until the answer is `good`.
///
/// # Errors
/// With the last trouble, when time is up.
pub(crate) async fn until_answer(
    host: &Host,
    command: &Command,
    patience: Patience,
    good: impl Fn(&Output) -> Result<()>,
) -> Result<Output> {
    loop {
        let left = patience.end.saturating_duration_since(Instant::now());
        let answer = attempt(
            host,
            command.clone(),
            patience.answer.min(left.max(Duration::from_secs(1))),
        )
        .await;
        let judged = answer.and_then(|output| good(&output).map(|()| output));
        match judged {
            Ok(output) => return Ok(output),
            Err(error) if Instant::now() + patience.pause >= patience.end => return Err(error),
            Err(_) => host.wait(patience.pause).await,
        }
    }
}

/// Says of any answer but success why it is none.
pub(crate) fn succeeded(output: &Output) -> Result<()> {
    if output.success() {
        return Ok(());
    }
    let said = output.error_text();
    Err(Error::failed(format!(
        "exit status {}: {}",
        output.status,
        said.trim()
    )))
}

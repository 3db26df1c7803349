//! `wait_for_connection`: waits for a host to answer.

use super::attempt::{Patience, succeeded, until_answer};
use k8sbm_core::{
    host::Command,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// Waits until the host can be reached and runs commands.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitForConnection {
    /// Seconds to wait before the first try.
    #[serde(default)]
    delay: u64,
    /// Seconds to wait in all before the task fails.
    #[serde(default = "ten_minutes")]
    timeout: u64,
    /// Seconds to wait for one try.
    #[serde(default = "five")]
    connect_timeout: u64,
    /// Seconds between two tries.
    #[serde(default = "one")]
    sleep: u64,
}

fn ten_minutes() -> u64 {
    600
}

fn five() -> u64 {
    5
}

fn one() -> u64 {
    1
}

impl Task for WaitForConnection {
    const NAME: &'static str = "wait_for_connection";
    const ALWAYS_ACTS: bool = true;

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let seconds = Duration::from_secs;
        let (delay, limit) = (seconds(self.delay), seconds(self.timeout));
        let (answer, pause) = (seconds(self.connect_timeout.max(1)), seconds(self.sleep));
        plan.observe("wait for the host to answer", move |host| async move {
            let start = Instant::now();
            host.wait(delay).await;
            let end = Instant::now() + limit;
            let patience = Patience { answer, pause, end };
            let waited = until_answer(&host, &Command::new(["true"]), patience, succeeded).await;
            let elapsed = start.elapsed().as_secs();
            match waited {
                Ok(_) => Ok(Returns::from_iter([("elapsed".to_owned(), elapsed.into())])),
                Err(error) => Err(Error::failed(error.message)
                    .context(format!("the host cannot be reached after {elapsed} s"))
                    .returning("elapsed", elapsed)),
            }
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Wait for a machine that is being installed",
                yaml: "- wait_for_connection:\n    delay: 30\n    timeout: 1800\n    sleep: 5\n- setup:\n",
            },
            Example {
                title: "Wait as long as a host usually takes to boot",
                yaml: "wait_for_connection:\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("elapsed", "How many seconds it took.")]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, probe};
    use k8sbm_core::{connection::FakeHost, host::Output};
    use std::sync::atomic::{AtomicI32, Ordering};

    fn host(failures: i32) -> FakeHost {
        let left = AtomicI32::new(failures);
        FakeHost::new().command_with(["true"], move |_, _| Output {
            status: i32::from(left.fetch_sub(1, Ordering::Relaxed) > 0),
            ..Output::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn it_waits_until_the_host_answers() {
        let arguments = "{delay: 10, sleep: 2}";
        let returns = apply_on(
            &probe(host(3), Desk::default()),
            "wait_for_connection",
            arguments,
        )
        .await;
        assert_eq!(returns.unwrap()["elapsed"], 16);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_in_time() {
        let arguments = "{timeout: 30}";
        let error = apply_on(
            &probe(host(99), Desk::default()),
            "wait_for_connection",
            arguments,
        )
        .await
        .unwrap_err();
        assert_eq!(error.returns["elapsed"], 29);
        assert_eq!(
            error.message,
            "the host cannot be reached after 29 s: exit status 1: "
        );
    }
}

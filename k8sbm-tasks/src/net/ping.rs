//! `ping`: asks whether a host answers.

use k8sbm_core::{
    host::Command,
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Asks the host whether it answers: logs in, becomes the user, and runs a shell there.
///
/// It sends no ICMP packet.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ping {
    /// What the host shall answer; `crash` makes it fail, to try what happens then.
    #[serde(default = "pong")]
    data: String,
}

fn pong() -> String {
    "pong".into()
}

impl Task for Ping {
    const NAME: &'static str = "ping";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        if self.data == "crash" {
            return Err(Error::failed("boom"));
        }
        let ask = Command::new(["printf", "%s", &self.data]);
        let answer = host.query_beyond(ask).await?;
        if !answer.success() {
            return Err(
                Error::failed(answer.error_text().trim()).context("the host runs no programs")
            );
        }
        let mut plan = Plan::default();
        plan.returns("ping", answer.text());
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "See that all hosts can be reached",
            yaml: "ping:\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("ping", "What the host answered.")]
    }
}

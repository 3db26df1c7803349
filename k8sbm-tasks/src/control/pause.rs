//! `pause`: waits, or asks.

use k8sbm_core::{
    host::Host,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

/// Waits for a time, or for somebody to press Enter.
///
/// It is done once for all hosts. Where nobody is there to answer, a prompt is passed over.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pause {
    /// How long to wait, in seconds; at least one. Excludes `minutes`.
    seconds: Option<f64>,
    /// How long to wait, in minutes. Excludes `seconds`.
    minutes: Option<f64>,
    /// What to ask. With `seconds` or `minutes` nobody is asked, it only says why the run waits.
    prompt: Option<String>,
    /// Whether the answer is shown while it is typed.
    #[serde(default = "yes")]
    echo: bool,
}

fn yes() -> bool {
    true
}

impl Pause {
    fn wait(&self) -> Option<Duration> {
        let seconds = self
            .minutes
            .map(|minutes| minutes.trunc() * 60.0)
            .or(self.seconds)?;
        Some(Duration::from_secs(seconds.max(1.0) as u64))
    }
}

async fn ask(host: &Host, prompt: String, echo: bool) -> (String, Option<&'static str>) {
    let controller = host.controller().clone();
    let asked = tokio::task::spawn_blocking(move || controller.ask(&prompt, echo));
    match asked.await {
        Ok(Ok(answer)) => (answer, None),
        _ => (
            String::new(),
            Some("nobody is there to answer the prompt, so the run goes on"),
        ),
    }
}

impl Task for Pause {
    const NAME: &'static str = "pause";
    const RUN_ONCE: bool = true;
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        if self.seconds.is_some() && self.minutes.is_some() {
            return Err(Error::arguments(
                "`seconds` and `minutes` are mutually exclusive",
            ));
        }
        Ok(())
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (wait, echo, prompt) = (self.wait(), self.echo, self.prompt.clone());
        let unit = if self.minutes.is_some() {
            "minutes"
        } else {
            "seconds"
        };
        let summary = match (wait, &prompt) {
            (Some(wait), Some(why)) => format!("wait {} s: {why}", wait.as_secs()),
            (Some(wait), None) => format!("wait {} s", wait.as_secs()),
            (None, Some(prompt)) => format!("ask: {prompt}"),
            (None, None) => "wait for Enter".into(),
        };
        plan.observe(summary, move |host| async move {
            let (start, began) = (jiff::Zoned::now(), Instant::now());
            let (answer, warning) = match wait {
                Some(wait) => {
                    tokio::time::sleep(wait).await;
                    (String::new(), None)
                }
                None => {
                    let prompt = prompt.unwrap_or_else(|| "Press enter to continue".into());
                    let hidden = if echo { "" } else { " (output is hidden)" };
                    ask(&host, format!("{prompt}{hidden}:"), echo).await
                }
            };
            let mut returns = told(&start, began.elapsed(), unit);
            returns.insert("echo".into(), echo.into());
            returns.insert("user_input".into(), answer.into());
            returns.extend(warning.map(|text| ("warnings".to_owned(), json!([text]))));
            Ok(returns)
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let a load balancer see that a host is gone",
                yaml: "pause:\n  seconds: 15\n",
            },
            Example {
                title: "Ask before the first control plane is upgraded",
                yaml: "pause:\n  prompt: Upgrade the control plane to {{ kube_version }}? Ctrl-C to stop\n",
            },
            Example {
                title: "Ask for a password without showing it",
                yaml: "pause:\n  prompt: Password of the registry\n  echo: false\nregister: registry_password\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("user_input", "What was answered."),
            ("start", "When the pause began."),
            ("stop", "When it ended."),
            ("delta", "How many seconds it took."),
            ("stdout", "How long it took, in words."),
            ("echo", "Whether the answer was shown."),
        ]
    }
}

/// What is told of a pause, beside the answer.
fn told(start: &jiff::Zoned, took: Duration, unit: &str) -> Returns {
    let stop = jiff::Zoned::now();
    let time = |at: &jiff::Zoned| at.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
    let count = if unit == "minutes" {
        took.as_secs_f64() / 60.0
    } else {
        took.as_secs_f64()
    };
    let told: [(&str, Json); 6] = [
        ("rc", 0.into()),
        ("start", time(start).into()),
        ("stop", time(&stop).into()),
        ("delta", took.as_secs().into()),
        (
            "stdout",
            format!("Paused for {} {unit}", (count * 100.0).round() / 100.0).into(),
        ),
        ("stderr", "".into()),
    ];
    told.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, nowhere, plan_on};
    use k8sbm_core::{host::Host, task::Returns};

    async fn pause(desk: Desk, arguments: &str) -> (String, Returns) {
        let probe = nowhere(desk);
        let plan = plan_on(&probe, "pause", arguments).await.unwrap();
        assert!(plan.is_empty(), "a pause changes nothing");
        let summary = plan.steps[0].summary.clone();
        (summary, plan.apply(&Host::new(probe)).await.unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn it_waits_at_least_a_second() {
        let began = tokio::time::Instant::now();
        let (summary, returns) = pause(Desk::default(), "seconds: 0").await;
        assert_eq!(
            (summary.as_str(), began.elapsed().as_secs()),
            ("wait 1 s", 1)
        );
        assert_eq!(returns["user_input"], "");
        let (summary, _) = pause(Desk::default(), "{minutes: 2, prompt: settling}").await;
        assert_eq!(
            (summary.as_str(), began.elapsed().as_secs()),
            ("wait 120 s: settling", 121)
        );
    }

    #[tokio::test]
    async fn it_asks_whoever_is_there() {
        let desk = Desk {
            answer: Some("yes"),
            ..Desk::default()
        };
        let (summary, returns) = pause(desk, "prompt: Go on?").await;
        assert_eq!(
            (summary.as_str(), &returns["user_input"]),
            ("ask: Go on?", &"yes".into())
        );
        let (_, returns) = pause(Desk::default(), "{}").await;
        assert!(returns["warnings"][0].as_str().unwrap().contains("nobody"));
    }
}

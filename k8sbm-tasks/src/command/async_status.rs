//! `async_status`: asks after a job in the background.

use super::execution;
use k8sbm_core::{
    host::{
        Host,
        background::{Job, State},
    },
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Asks after a job in the background: a task that was started with `async` and `poll: 0`.
///
/// A command (`command`, `shell`, `raw`) goes on by itself on its host, when the connection and the run have ended, too.
/// Any other module goes on in the run that started it, which waits for it before it ends. Both leave their result in a
/// folder on the host, named after the job: in `~/.ansible_async` of the user that the task acts as, or where the
/// variable `ansible_async_dir` says. Nothing removes it but `mode: cleanup`.
///
/// When the job has ended, this returns what the job's own task would have returned, and fails if that failed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AsyncStatus {
    /// The job, as `ansible_job_id` told it.
    jid: String,
    /// Whether to ask, or to remove what is kept of the job.
    #[serde(default)]
    mode: Mode,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Ask how far the job is.
    #[default]
    Status,
    /// Remove what is kept of it; a job that still runs goes on.
    Cleanup,
}

impl Task for AsyncStatus {
    const NAME: &'static str = "async_status";
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        if self.jid.is_empty() || self.jid.starts_with('.') || self.jid.contains('/') {
            return Err(Error::arguments("`jid` is no id of a job")
                .about(["jid"])
                .hint("it is what the task that started the job returns as `ansible_job_id`"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let id = self.jid.clone();
        match self.mode {
            Mode::Status => plan.observe(format!("ask after {id}"), move |host| async move {
                status(&host, &id).await
            }),
            Mode::Cleanup => {
                let folder = Job::folder(host, &id).await?;
                plan.absent(host, &folder).await?;
                plan.returns("ansible_job_id", id);
                plan.returns("erased", folder);
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Download beside other work, and wait for it",
            yaml: "- get_url: {url: 'https://example.com/release.tar.gz', dest: /opt/release.tar.gz}\n  async: 1800\n  poll: 0\n  register: download\n- command: prepare-disks\n- async_status: {jid: '{{ download.ansible_job_id }}'}\n  register: job\n  until: job is finished\n  retries: 180\n  delay: 10\n- async_status: {jid: '{{ download.ansible_job_id }}', mode: cleanup}\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("ansible_job_id", "The job."),
            ("started", "Whether it was started: true."),
            ("finished", "Whether it has ended."),
            ("results_file", "The folder on the host that keeps it."),
            ("erased", "With `mode: cleanup`, the folder that is gone."),
        ]
    }
}

async fn status(host: &Host, id: &str) -> Result<Returns> {
    let (folder, state) = Job::look(host, id).await?;
    let told = |finished: bool| {
        let mut returns = Returns::new();
        returns.insert("ansible_job_id".into(), id.into());
        returns.insert("started".into(), true.into());
        returns.insert("finished".into(), finished.into());
        returns.insert("results_file".into(), folder.clone().into());
        returns
    };
    let failed = |message: &str, returns: Returns| {
        let mut error = Error::failed(message);
        error.returns = returns;
        Err(error)
    };
    match state {
        State::Runs => Ok(told(false)),
        State::Absent => failed("could not find job", told(true)),
        State::Lost => failed(
            "the job ended without a result: its host was started anew, or who carried it out has gone",
            told(true),
        ),
        State::Ended(ended) => match execution::ended(*ended) {
            Ok(mut returns) => {
                returns.extend(told(true));
                Ok(returns)
            }
            Err(mut error) => {
                error.returns.extend(told(true));
                Err(error)
            }
        },
        State::Done(mut returns) => {
            returns.extend(told(true));
            if returns.get("failed").and_then(serde_json::Value::as_bool) == Some(true) {
                let message = returns.remove("msg").unwrap_or_default();
                return failed(message.as_str().unwrap_or_default(), returns);
            }
            Ok(returns)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{apply_on, here, refusal};
    use k8sbm_core::{
        host::{
            Command, Host,
            background::{Detached, Job},
        },
        task::Probe,
    };
    use serde_json::{Value as Json, json};
    use std::time::Duration;

    fn in_folder(folder: &tempfile::TempDir) -> Probe {
        let folder = folder.path().display().to_string();
        here().with_environment([("ANSIBLE_ASYNC_DIR".to_owned(), folder)].into())
    }

    async fn start(host: &Probe, id: &str, script: &str) {
        let job = Job {
            id: id.into(),
            limit: Duration::from_secs(60),
        };
        let work = Detached {
            command: Command::shell(script),
            record: json!({"cmd": script, "strip": true})
                .as_object()
                .cloned()
                .unwrap(),
        };
        job.detach(&Host::new(host.clone()), work).await.unwrap();
    }

    async fn ended(host: &Probe, id: &str) -> k8sbm_core::task::Result<k8sbm_core::task::Returns> {
        loop {
            let seen = apply_on(host, "async_status", &format!("jid: {id}")).await;
            if !matches!(&seen, Ok(it) if it["finished"] == false) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    #[tokio::test]
    async fn a_job_returns_what_its_command_said() {
        let folder = tempfile::tempdir().unwrap();
        let host = in_folder(&folder);
        start(&host, "j1.2", "echo one; echo two").await;
        let returns = ended(&host, "j1.2").await.unwrap();
        assert_eq!(returns["stdout"], "one\ntwo");
        assert_eq!(returns["stdout_lines"], json!(["one", "two"]));
        assert_eq!(returns["cmd"], "echo one; echo two");
        assert_eq!(
            (&returns["rc"], &returns["changed"]),
            (&json!(0), &Json::Bool(true))
        );
        assert_eq!(returns["finished"], true);
        start(&host, "j1.3", "exit 4").await;
        let error = ended(&host, "j1.3").await.unwrap_err();
        assert_eq!(error.message, "non-zero return code");
        assert_eq!(
            (&error.returns["rc"], &error.returns["finished"]),
            (&json!(4), &Json::Bool(true))
        );
    }

    #[tokio::test]
    async fn what_is_kept_of_a_job_can_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        let host = in_folder(&folder);
        start(&host, "j1.4", "true").await;
        ended(&host, "j1.4").await.unwrap();
        let returns = apply_on(&host, "async_status", "{jid: j1.4, mode: cleanup}").await;
        assert_eq!(
            returns.unwrap()["erased"],
            folder.path().join("j1.4").display().to_string()
        );
        assert!(!folder.path().join("j1.4").exists());
        let error = ended(&host, "j1.4").await.unwrap_err();
        assert_eq!(error.message, "could not find job");
        assert_eq!(
            refusal("async_status", "jid: ../x").message,
            "`jid` is no id of a job"
        );
    }
}

//! `raw`: runs text in a shell, and nothing around it.

use super::execution::{self, brief, detached, execute_plainly};
use k8sbm_core::{
    host::{self, Program},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Runs text in a shell of the host, and nothing around it.
///
/// It always acts. Ansible needs it for hosts without Python; here `shell` works on those as well, and knows
/// `creates` and `chdir`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// The text: `raw: apt-get install -y python3`. An option may stand in it: `executable=/bin/bash`.
    #[serde(rename = "_raw_params")]
    free_form: String,
    /// The shell, by absolute path; `/bin/sh` unless given.
    executable: Option<String>,
}

impl Task for Raw {
    const NAME: &'static str = "raw";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        if self.free_form.trim().is_empty() {
            return Err(Error::arguments("no command is given"));
        }
        Ok(())
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let command = host::Command {
            program: Program::Shell {
                script: self.free_form.clone(),
                executable: self.executable.clone(),
            },
            ..host::Command::default()
        };
        let mut plan = Plan {
            detached: Some(detached(&command, None, false)),
            ..Plan::default()
        };
        plan.act(format!("run {}", brief(&command)), move |host| async move {
            execute_plainly(&host, command).await
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Install Python for tools that need it",
                yaml: "raw: test -e /usr/bin/python3 || apt-get install -y python3-minimal\nregister: python\nchanged_when: python.stdout != ''\n",
            },
            Example {
                title: "Use another shell",
                yaml: "raw: set -o pipefail; journalctl -u kubelet | tail -n 50\nargs:\n  executable: /bin/bash\nchanged_when: false\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        execution::PLAIN_RETURNS
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{apply_on, here, refusal};

    #[tokio::test]
    async fn text_runs_in_a_shell() {
        let returns = apply_on(
            &here(),
            "raw",
            "{_raw_params: echo $0, executable: /bin/bash}",
        )
        .await;
        let returns = returns.unwrap();
        assert_eq!(returns["stdout"], "/bin/bash\n");
        assert!(!returns.contains_key("cmd"));
        let error = apply_on(&here(), "raw", "_raw_params: exit 3")
            .await
            .unwrap_err();
        assert_eq!(error.returns["rc"], 3);
        assert_eq!(
            refusal("raw", "_raw_params: ' '").message,
            "no command is given"
        );
    }
}

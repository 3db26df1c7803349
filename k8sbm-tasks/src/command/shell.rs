//! `shell`: runs a script in a shell.

use super::{
    command::{check_one, input, yes},
    condition::Conditions,
    execution::{self, Execution},
};
use k8sbm_core::{
    host::Program,
    node::Node,
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Runs text in a shell of the host.
///
/// It always acts, unless `creates` or `removes` say that it need not: say with `changed_when` whether it changed
/// anything. Where no shell is needed, `command` is safer: it takes no value for a piece of script.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shell {
    /// The script: `shell: swapon --show | wc -l`. Options may stand in it: `creates=/path chdir=/path`.
    #[serde(rename = "_raw_params")]
    free_form: Option<String>,
    /// The script.
    cmd: Option<String>,
    /// The shell, by absolute path; `/bin/sh` unless given.
    executable: Option<String>,
    /// Directory to run in.
    chdir: Option<String>,
    /// A path, or a pattern with `*`, `?` and `[...]`. Where it is there, the script does not run.
    creates: Option<String>,
    /// A path, or a pattern with `*`, `?` and `[...]`. Where it is not there, the script does not run.
    removes: Option<String>,
    /// Text for standard input.
    stdin: Option<String>,
    /// Whether a newline is added to `stdin`.
    #[serde(default = "yes")]
    stdin_add_newline: bool,
    /// Whether newlines at the ends of the output are cut off.
    #[serde(default = "yes")]
    strip_empty_ends: bool,
    /// Has no effect; older playbooks give it.
    warn: Option<bool>,
    /// An option of `command` alone.
    #[schemars(skip)]
    expand_argument_vars: Option<Node>,
}

impl Task for Shell {
    const NAME: &'static str = "shell";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        if self.expand_argument_vars.is_some() {
            let message = "Unsupported parameters for (shell) module: expand_argument_vars";
            return Err(Error::arguments(message)
                .about(["expand_argument_vars"])
                .hint("a shell expands variables itself; `command` can leave them as they are"));
        }
        check_one([
            ("free form", self.free_form.is_some()),
            ("cmd", self.cmd.is_some()),
        ])
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let script = self.cmd.as_ref().or(self.free_form.as_ref());
        let script = script.cloned().unwrap_or_default();
        let execution = Execution {
            shown: script.clone().into(),
            program: Program::Shell {
                script,
                executable: self.executable.clone(),
            },
            conditions: Conditions {
                creates: self.creates.clone(),
                removes: self.removes.clone(),
                chdir: self.chdir.clone(),
            },
            stdin: input(self.stdin.clone(), self.stdin_add_newline),
            strip: self.strip_empty_ends,
        };
        let mut plan = execution.plan(host).await?;
        if self.warn.is_some() {
            plan.warn("`warn` has no effect");
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Count the members of etcd that are well",
                yaml: "shell: etcdctl endpoint health --cluster 2>&1 | grep -c 'is healthy'\nregister: healthy\nchanged_when: false\n",
            },
            Example {
                title: "Unpack a release once, in bash",
                yaml: "shell:\n  cmd: |\n    set -o pipefail\n    curl -fsSL {{ url }} | tar -xz\n  chdir: /opt/cni/bin\n  creates: /opt/cni/bin/bridge\n  executable: /bin/bash\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        execution::RETURNS
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{apply_on, here, plan_on, refusal};
    use serde_json::json;

    #[tokio::test]
    async fn a_shell_reads_the_text() {
        let script = "{chdir: /usr, _raw_params: \"for i in 1 2; do\\n  echo \\\"$i  $PWD\\\"\\ndone | tail -n 1\"}";
        let plan = plan_on(&here(), "shell", script).await.unwrap();
        assert_eq!(plan.steps[0].summary, "run for i in 1 2; do ...");
        let returns = apply_on(&here(), "shell", script).await.unwrap();
        assert_eq!(returns["stdout"], "2  /usr");
        assert_eq!(
            returns["cmd"],
            "for i in 1 2; do\n  echo \"$i  $PWD\"\ndone | tail -n 1"
        );
    }

    #[tokio::test]
    async fn another_shell_may_be_named() {
        let script = "{cmd: 'set -o pipefail; false | true', executable: /bin/bash}";
        let error = apply_on(&here(), "shell", script).await.unwrap_err();
        assert_eq!(
            (error.message.as_str(), &error.returns["rc"]),
            ("non-zero return code", &json!(1))
        );
    }

    #[test]
    fn an_option_of_command_is_refused() {
        let told = refusal("shell", "{cmd: 'true', expand_argument_vars: no}");
        assert!(told.message.starts_with("Unsupported parameters"), "{told}");
        assert!(told.help.is_some());
    }

    #[tokio::test]
    async fn what_has_no_effect_is_told() {
        let plan = plan_on(&here(), "shell", "{cmd: 'true', warn: no}")
            .await
            .unwrap();
        assert_eq!(plan.warnings, ["`warn` has no effect"]);
    }
}

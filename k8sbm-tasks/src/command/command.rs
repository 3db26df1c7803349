//! `command`: runs a program.

use super::{
    condition::Conditions,
    execution::{self, Execution},
    expansion::{expanding, expands},
};
use k8sbm_core::{
    connection::words,
    host::Program,
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Runs a program with its arguments; no shell reads them.
///
/// It always acts, unless `creates` or `removes` say that it need not: say with `changed_when` whether it changed
/// anything. For `|`, `>`, `&&` and the like, use `shell`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    /// The command as text: `command: kubeadm version`. Options may stand in it: `creates=/path chdir=/path`.
    #[serde(rename = "_raw_params")]
    free_form: Option<String>,
    /// The command as text. Words are divided at blanks; quotes and `\` keep them together.
    cmd: Option<String>,
    /// The command as a list of words, which are taken as they are.
    argv: Option<Vec<String>>,
    /// Directory to run in.
    chdir: Option<String>,
    /// A path, or a pattern with `*`, `?` and `[...]`. Where it is there, the command does not run.
    creates: Option<String>,
    /// A path, or a pattern with `*`, `?` and `[...]`. Where it is not there, the command does not run.
    removes: Option<String>,
    /// Text for standard input.
    stdin: Option<String>,
    /// Whether a newline is added to `stdin`.
    #[serde(default = "yes")]
    stdin_add_newline: bool,
    /// Whether newlines at the ends of the output are cut off.
    #[serde(default = "yes")]
    strip_empty_ends: bool,
    /// Whether `~`, `$NAME` and `${NAME}` in the words are expanded on the host.
    #[serde(default = "yes")]
    expand_argument_vars: bool,
    /// Has no effect; a shell is chosen with `shell`.
    executable: Option<String>,
    /// Has no effect; older playbooks give it.
    warn: Option<bool>,
}

pub(super) fn yes() -> bool {
    true
}

/// Refuses two commands, and none.
pub(super) fn check_one<const N: usize>(given: [(&str, bool); N]) -> Result<()> {
    let names: Vec<_> = given.iter().filter(|(_, given)| *given).collect();
    match names.as_slice() {
        [_] => Ok(()),
        [] => Err(Error::arguments(format!(
            "no command is given; one of the following is required: {}",
            given.map(|(name, _)| name).join(", ")
        ))),
        [(one, _), (other, _), ..] => Err(Error::arguments(format!(
            "`{one}` and `{other}` exclude each other: parameters are mutually exclusive"
        ))),
    }
}

/// Standard input with its last newline.
pub(super) fn input(text: Option<String>, newline: bool) -> Option<String> {
    text.map(|text| if newline { text + "\n" } else { text })
}

impl Command {
    fn words(&self) -> Result<Vec<String>> {
        let text = self.cmd.as_ref().or(self.free_form.as_ref());
        let words = match (&self.argv, text) {
            (Some(argv), _) => argv.clone(),
            (None, text) => words(text.map_or("", String::as_str)).map_err(Error::arguments)?,
        };
        if words.is_empty() {
            return Err(Error::arguments("no command is given").returning("rc", 256));
        }
        Ok(words)
    }

    fn program(&self, words: &[String]) -> Program {
        if self.expand_argument_vars && words.iter().any(|word| expands(word)) {
            let words: Vec<_> = words.iter().map(|word| expanding(word)).collect();
            return Program::Shell {
                script: format!("exec {}", words.join(" ")),
                executable: None,
            };
        }
        Program::Argv(words.to_vec())
    }
}

impl Task for Command {
    const NAME: &'static str = "command";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        check_one([
            ("free form", self.free_form.is_some()),
            ("cmd", self.cmd.is_some()),
            ("argv", self.argv.is_some()),
        ])
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let words = self.words()?;
        let execution = Execution {
            program: self.program(&words),
            shown: words.into(),
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
        if let Some(shell) = &self.executable {
            plan.warn(format!(
                "`executable: {shell}` is no longer supported by `command`; use `shell`"
            ));
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Ask for the version of kubeadm",
                yaml: "command: kubeadm version -o short\nregister: kubeadm\nchanged_when: false\n",
            },
            Example {
                title: "Make a certificate once",
                yaml: "command:\n  cmd: openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=registry\n  chdir: /etc/registry\n  creates: cert.pem\n",
            },
            Example {
                title: "Load an image, with each word as it is",
                yaml: "command:\n  argv:\n    - ctr\n    - --namespace=k8s.io\n    - images\n    - import\n    - /var/cache/images/kube apiserver.tar\n",
            },
            Example {
                title: "Apply a manifest that is not kept in a file",
                yaml: "command:\n  cmd: kubectl --kubeconfig=/etc/kubernetes/admin.conf apply -f -\n  stdin: \"{{ manifest | to_nice_yaml }}\"\nregister: applied\nchanged_when: \"'unchanged' not in applied.stdout\"\n",
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
    use k8sbm_core::task::Returns;
    use serde_json::{Value as Json, json};

    async fn command(arguments: &str) -> Returns {
        apply_on(&here(), "command", arguments).await.unwrap()
    }

    #[tokio::test]
    async fn it_returns_what_the_program_says() {
        let plan = plan_on(&here(), "command", "_raw_params: id -u")
            .await
            .unwrap();
        assert!(!plan.is_empty(), "a command acts");
        assert_eq!(plan.steps[0].summary, "run id -u");
        let returns =
            command(r#"{argv: [printf, 'a b\n%s\n\n', "$x; *"], expand_argument_vars: no}"#).await;
        assert_eq!(returns["cmd"], json!(["printf", "a b\\n%s\\n\\n", "$x; *"]));
        assert_eq!(
            (&returns["stdout"], &returns["rc"]),
            (&json!("a b\n$x; *"), &json!(0))
        );
        assert_eq!(returns["stdout_lines"], json!(["a b", "$x; *"]));
        assert!(returns["delta"].as_str().unwrap().starts_with("0:00:0"));
        let returns = command("{cmd: printf 'a\\n', strip_empty_ends: no}").await;
        assert_eq!(returns["stdout"], "a\n");
    }

    #[tokio::test]
    async fn words_are_expanded_and_no_shell_reads_them() {
        let returns = command("_raw_params: 'echo ~root $NO_SUCH | cat'").await;
        assert_eq!(returns["stdout"], "/root $NO_SUCH | cat");
        assert_eq!(
            command("{_raw_params: pwd, chdir: /usr}").await["stdout"],
            "/usr"
        );
        let returns = command("{cmd: cat, stdin: \"it's\", strip_empty_ends: no}").await;
        assert_eq!(returns["stdout"], "it's\n");
        let returns =
            command("{cmd: cat, stdin: a, stdin_add_newline: no, strip_empty_ends: no}").await;
        assert_eq!(returns["stdout"], "a");
    }

    #[tokio::test]
    async fn what_is_there_need_not_be_made() {
        let skipped = async |arguments: &str| {
            let plan = plan_on(&here(), "command", arguments).await.unwrap();
            plan.steps.is_empty().then(|| plan.returns["msg"].clone())
        };
        let says = |text: &str| Some(Json::from(format!("Did not run command since {text}")));
        assert_eq!(
            skipped("{_raw_params: 'true', creates: /etc}").await,
            says("'/etc' exists")
        );
        assert_eq!(
            skipped("{cmd: 'true', creates: 'e[t]c', chdir: /}").await,
            says("'e[t]c' exists")
        );
        assert_eq!(
            skipped("{cmd: 'true', removes: /no/such}").await,
            says("'/no/such' does not exist")
        );
        assert_eq!(
            skipped("{cmd: 'true', removes: /etc, creates: '/etc/no*such'}").await,
            None
        );
        let plan = plan_on(&here(), "command", "{cmd: 'true', creates: /etc}")
            .await
            .unwrap();
        assert_eq!(
            (&plan.returns["rc"], &plan.returns["stdout"]),
            (&json!(0), &json!("skipped, since /etc exists"))
        );
    }

    #[tokio::test]
    async fn failures_tell_what_happened() {
        let fails =
            async |arguments: &str| apply_on(&here(), "command", arguments).await.unwrap_err();
        let error = fails("cmd: ls /no/such").await;
        assert_eq!(
            (error.message.as_str(), &error.returns["rc"]),
            ("non-zero return code", &json!(2))
        );
        assert!(
            error.returns["stderr"]
                .as_str()
                .unwrap()
                .contains("/no/such")
        );
        let error = fails("cmd: no-such-program -x").await;
        assert_eq!(
            (error.message.as_str(), &error.returns["rc"]),
            ("there is no program `no-such-program`", &json!(2))
        );
        let error = fails("{cmd: ls, chdir: /no/such}").await;
        assert_eq!(
            error.message,
            "Unable to change directory: there is no /no/such"
        );
        let error = fails("cmd: /etc/passwd").await;
        assert_eq!(
            (error.message.as_str(), &error.returns["rc"]),
            ("`/etc/passwd` cannot be executed", &json!(13))
        );
    }

    #[test]
    fn one_command_is_given() {
        assert_eq!(
            refusal("command", "{}").message,
            "no command is given; one of the following is required: free form, cmd, argv"
        );
        assert_eq!(
            refusal("command", "{cmd: a, argv: [b]}").message,
            "`cmd` and `argv` exclude each other: parameters are mutually exclusive"
        );
    }
}

//! `script`: runs a script of the controller on the host.

use super::{
    command::check_one,
    condition::{Conditions, Needless},
    execution::{self, execute_plainly},
    first_word::first_word,
    temporary::TemporaryDirectory,
};
use k8sbm_core::{
    connection::{quote, words},
    host::{self, Host, Program},
    task::{Error, Example, FileSearch, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Runs a script of the controller on the host.
///
/// The script is copied to a directory of its own, run, and removed again. It always acts, unless `creates` or
/// `removes` say that it need not.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// The script and its arguments: `script: check-disk.sh --all`. A relative path is looked for in `files/` of the
    /// role, then beside the playbook. Options may stand in it: `creates=/path chdir=/path`.
    #[serde(rename = "_raw_params")]
    free_form: Option<String>,
    /// The script and its arguments.
    cmd: Option<String>,
    /// A program to run the script with. Otherwise its first line says what runs it.
    executable: Option<String>,
    /// Directory to run in, by absolute path.
    chdir: Option<String>,
    /// A path on the host, or a pattern. Where it is there, the script does not run.
    creates: Option<String>,
    /// A path on the host, or a pattern. Where it is not there, the script does not run.
    removes: Option<String>,
    /// Has no effect: an encrypted script is always opened.
    decrypt: Option<bool>,
}

/// A script that is to run.
struct Copied {
    name: String,
    content: Vec<u8>,
    arguments: String,
    executable: Option<String>,
    chdir: Option<String>,
}

impl Copied {
    async fn run(self, host: Host) -> Result<Returns> {
        let directory = TemporaryDirectory::make(&host).await?;
        let result = self.run_in(&host, &directory).await;
        let removed = directory.remove(&host).await;
        let returns = result?;
        removed.map(|()| returns)
    }

    async fn run_in(self, host: &Host, directory: &TemporaryDirectory) -> Result<Returns> {
        let path = directory
            .write(host, &self.name, self.content, 0o700)
            .await?;
        let with = self
            .executable
            .map(|program| program + " ")
            .unwrap_or_default();
        let command = host::Command {
            program: Program::Shell {
                script: format!("{with}{}{}", quote(&path), self.arguments),
                executable: None,
            },
            chdir: self.chdir,
            ..host::Command::default()
        };
        let result = execute_plainly(host, command).await;
        result.map_err(|error| match error.returns.get("rc").and_then(|rc| rc.as_i64()) {
            Some(126) => error.hint(
                "the host could not execute it: see its first line, and whether /tmp is mounted with `noexec`; `executable` names a program to run it with",
            ),
            _ => error,
        })
    }
}

impl Task for Script {
    const NAME: &'static str = "script";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        check_one([
            ("free form", self.free_form.is_some()),
            ("cmd", self.cmd.is_some()),
        ])?;
        match &self.chdir {
            Some(path) if !path.starts_with('/') => Err(Error::arguments(format!(
                "`chdir` must be an absolute path, not `{path}`"
            ))),
            _ => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let conditions = Conditions {
            creates: self.creates.clone(),
            removes: self.removes.clone(),
            chdir: self.chdir.clone(),
        };
        match conditions.needless(host).await? {
            Some(Needless::Exists(path)) => {
                return Ok(Plan::skip(format!(
                    "{path} exists, matching creates option"
                )));
            }
            Some(Needless::Gone(path)) => {
                return Ok(Plan::skip(format!(
                    "{path} does not exist, matching removes option"
                )));
            }
            None => {}
        }
        let text = self.cmd.as_ref().or(self.free_form.as_ref());
        let text = text.map_or("", |text| text.trim());
        let (word, arguments) = first_word(text);
        let source = words(word).map_err(Error::arguments)?.concat();
        let path = host.controller().find(FileSearch::Files, &source)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let certain = conditions.decide();
        let copied = Copied {
            name: name.into_owned(),
            content: host.controller().read(&path)?,
            arguments: arguments.to_owned(),
            executable: self.executable.clone(),
            chdir: conditions.chdir,
        };
        let mut plan = Plan {
            certain,
            ..Plan::default()
        };
        plan.act(format!("run the script {text}"), |host| copied.run(host));
        if self.decrypt.is_some() {
            plan.warn("`decrypt` has no effect: an encrypted script is always opened");
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Measure a disk before etcd goes there",
                yaml: "script: fsync-latency.sh /var/lib/etcd\nregister: latency\nchanged_when: false\n",
            },
            Example {
                title: "Set up a network card once, with bash",
                yaml: "script:\n  cmd: tune-nic.sh eth1 --queues 8\n  executable: /bin/bash\n  creates: /etc/network/if-up.d/tune-nic\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        execution::PLAIN_RETURNS
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, plan_on, probe, refusal};
    use k8sbm_core::{connection::Local, task::Probe};

    fn host() -> Probe {
        let script = "#!/bin/sh\necho \"$0|$1|$2|$PWD\"\nexit ${3:-0}\n";
        let desk = Desk::with_files(&[("check disk.sh", script), ("plain", "echo $0\n")]);
        probe(Local::new(), desk)
    }

    #[tokio::test]
    async fn a_script_runs_and_is_removed() {
        let arguments = "{chdir: /usr, _raw_params: \"'check disk.sh' 'a b' $HOME\"}";
        let plan = plan_on(&host(), "script", arguments).await.unwrap();
        assert_eq!(
            plan.steps[0].summary,
            "run the script 'check disk.sh' 'a b' $HOME"
        );
        let returns = apply_on(&host(), "script", arguments).await.unwrap();
        let said = returns["stdout_lines"][0].as_str().unwrap();
        let said: Vec<_> = said.split('|').collect();
        assert_eq!((said[1], said[3]), ("a b", "/usr"));
        assert!(said[0].ends_with("/check disk.sh") && !std::path::Path::new(said[0]).exists());
    }

    #[tokio::test]
    async fn a_script_that_fails_is_removed_too() {
        let error = apply_on(&host(), "script", "cmd: \"'check disk.sh' a b 7\"")
            .await
            .unwrap_err();
        assert_eq!(
            (error.message.as_str(), &error.returns["rc"]),
            ("non-zero return code", &7.into())
        );
        let said = error.returns["stdout"].as_str().unwrap();
        assert!(!std::path::Path::new(said.split('|').next().unwrap()).exists());
    }

    #[tokio::test]
    async fn a_program_may_run_it() {
        let returns = apply_on(&host(), "script", "{cmd: plain, executable: /bin/bash}")
            .await
            .unwrap();
        assert!(returns["stdout"].as_str().unwrap().ends_with("/plain\n"));
    }

    #[tokio::test]
    async fn what_is_there_is_skipped() {
        let plan = plan_on(&host(), "script", "{_raw_params: plain, creates: /etc}")
            .await
            .unwrap();
        assert_eq!(
            plan.skipped.as_deref(),
            Some("/etc exists, matching creates option")
        );
        let error = plan_on(&host(), "script", "cmd: nothing.sh")
            .await
            .unwrap_err();
        assert_eq!(error.message, "there is no file nothing.sh");
        let error = refusal("script", "{cmd: plain, chdir: tmp}");
        assert_eq!(error.message, "`chdir` must be an absolute path, not `tmp`");
    }
}

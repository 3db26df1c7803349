//! `reboot`: starts a host anew and waits for it.

use super::execution::brief;
use crate::net::{Patience, attempt, succeeded, until_answer};
use k8sbm_core::{
    connection::quote,
    host::{Command, Host, Output},
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Starts the host anew, and waits until it is there again.
///
/// It always acts; use it with `when`. That the host was started anew is seen by its boot id. The controller itself is
/// never started anew.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reboot {
    /// Seconds until the host goes down. Those who are logged in see the message meanwhile.
    #[serde(default)]
    pre_reboot_delay: u64,
    /// Seconds to wait after the command before the host is asked for the first time.
    #[serde(default)]
    post_reboot_delay: u64,
    /// Seconds to wait for the host, and again for `test_command`, before the task fails.
    #[serde(default = "ten_minutes", alias = "reboot_timeout_sec")]
    #[schemars(extend("aliases" = ["reboot_timeout_sec"]))]
    reboot_timeout: u64,
    /// Seconds to wait for one answer of the host; 10 unless given.
    #[serde(alias = "connect_timeout_sec")]
    #[schemars(extend("aliases" = ["connect_timeout_sec"]))]
    connect_timeout: Option<u64>,
    /// A command that must succeed before the task ends.
    #[serde(default = "whoami")]
    test_command: String,
    /// What those see who are logged in.
    #[serde(default = "message")]
    msg: String,
    /// Directories in which `shutdown`, or the program of `reboot_command`, is looked for.
    #[serde(default = "search_paths")]
    search_paths: Vec<String>,
    /// A command that prints another line after each boot.
    #[serde(default = "boot_id")]
    boot_time_command: String,
    /// The command to use instead of `shutdown`. Then `pre_reboot_delay` and `msg` have no effect.
    reboot_command: Option<String>,
}

fn ten_minutes() -> u64 {
    600
}

fn whoami() -> String {
    "whoami".into()
}

fn message() -> String {
    "Reboot initiated by k8sbm".into()
}

fn search_paths() -> Vec<String> {
    ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"]
        .map(str::to_owned)
        .into()
}

fn boot_id() -> String {
    "cat /proc/sys/kernel/random/boot_id".into()
}

impl Reboot {
    /// A script that finds the command in the search paths and runs it.
    fn command(&self) -> Command {
        let minutes = self.pre_reboot_delay / 60;
        let shutdown = format!("shutdown -r +{minutes} {}", quote(&self.msg));
        let choices = match &self.reboot_command {
            Some(own) if own.trim_start().starts_with('/') => return Command::shell(own.clone()),
            Some(own) => vec![own.trim().to_owned()],
            None => vec![shutdown, "reboot".to_owned()],
        };
        let mut script = String::new();
        for choice in choices {
            let (program, arguments) = choice.split_once(' ').unwrap_or((&choice, ""));
            for directory in &self.search_paths {
                let path = quote(&format!("{}/{program}", directory.trim_end_matches('/')));
                script.push_str(&format!("[ -x {path} ] && exec {path} {arguments}\n"));
            }
        }
        script.push_str("echo 'no program to start the host anew was found' >&2; exit 127");
        Command::shell(script)
    }

    async fn run(self, host: Host) -> Result<Returns> {
        let patience = Duration::from_secs(self.connect_timeout.unwrap_or(10).max(1));
        let identify = Command::shell(self.boot_time_command.clone());
        let before = host.check(identify.clone()).await?.text();
        sleep(Duration::from_secs(self.pre_reboot_delay % 60)).await;
        let start = Instant::now();
        self.go_down(&host, patience).await?;
        sleep(Duration::from_secs(self.post_reboot_delay)).await;
        let returning = |error: Error, rebooted: bool| {
            error
                .returning("rebooted", rebooted)
                .returning("elapsed", start.elapsed().as_secs())
        };
        let limit = Duration::from_secs(self.reboot_timeout);
        let waiting = |until: Instant| Patience {
            answer: patience,
            pause: Duration::from_secs(1),
            end: until,
        };
        let down_for = Duration::from_secs(self.pre_reboot_delay / 60 * 60);
        let another = |output: &Output| {
            succeeded(output)?;
            match output.text() {
                same if same == before => Err(Error::failed("it was not started anew")),
                _ => Ok(()),
            }
        };
        until_answer(
            &host,
            &identify,
            waiting(Instant::now() + down_for + limit),
            another,
        )
        .await
        .map_err(|error| {
            let what = format!(
                "the host did not come back within {} s",
                self.reboot_timeout
            );
            returning(Error::failed(error.message).context(what), false)
        })?;
        let test = Command::shell(self.test_command.clone());
        until_answer(&host, &test, waiting(Instant::now() + limit), succeeded)
            .await
            .map_err(|error| {
                let what = format!("`{}` fails after the boot", self.test_command);
                returning(Error::failed(error.message).context(what), true)
            })?;
        Ok(Returns::from_iter([
            ("rebooted".to_owned(), true.into()),
            ("elapsed".to_owned(), start.elapsed().as_secs().into()),
        ]))
    }

    /// Gives the command; a connection that breaks meanwhile is what was wanted.
    async fn go_down(&self, host: &Host, patience: Duration) -> Result<()> {
        let command = self.command();
        match attempt(host, command.clone(), patience).await {
            Ok(output) if !output.success() => {
                let said = [output.error_text(), output.text()].join("\n");
                Err(Error::failed(format!(
                    "`{}` exited with {}: {}",
                    brief(&command),
                    output.status,
                    said.trim()
                ))
                .returning("rebooted", false)
                .returning("elapsed", 0))
            }
            _ => Ok(()),
        }
    }
}

impl Task for Reboot {
    const NAME: &'static str = "reboot";
    const ALWAYS_ACTS: bool = true;

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        if host.is_local() {
            return Err(Error::failed("this would start the controller itself anew")
                .returning("rebooted", false)
                .returning("elapsed", 0));
        }
        let mut plan = Plan {
            certain: true,
            ..Plan::default()
        };
        plan.returns("rebooted", true).returns("elapsed", 0);
        let reboot = self.clone();
        plan.act("start the host anew", |host| reboot.run(host));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Start a host anew if its packages ask for it",
                yaml: "- command: test -e /run/reboot-required\n  register: asked\n  changed_when: false\n  failed_when: asked.rc > 1\n- reboot:\n    msg: A new kernel is installed\n  when: asked.rc == 0\n",
            },
            Example {
                title: "Go on only when the kubelet runs again",
                yaml: "reboot:\n  test_command: systemctl is-active kubelet\n  reboot_timeout: 900\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("rebooted", "Whether the host was started anew."),
            ("elapsed", "How many seconds it took."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, here, plan_on, probe};
    use k8sbm_core::{connection::FakeHost, host::Output};

    const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

    /// A host that starts anew when `reboots` does, and comes back with another id.
    fn host(reboots: bool) -> FakeHost {
        FakeHost::new()
            .file(BOOT_ID, "one\n")
            .command_with([super::boot_id()], |host, _| Output {
                stdout: host.content(BOOT_ID).unwrap_or_default().into_bytes(),
                ..Output::default()
            })
            .command(["whoami"], "root\n")
            .command_fails(["false"], 1, "not yet")
            .command_with(["/bin/again"], move |host, _| {
                if reboots {
                    let _ = host.clone().file(BOOT_ID, "two\n");
                }
                Output::default()
            })
    }

    #[tokio::test(start_paused = true)]
    async fn another_boot_id_tells_that_it_was_started_anew() {
        let again = "{reboot_command: /bin/again, post_reboot_delay: 5}";
        let probe = probe(host(true), Desk::default());
        let plan = plan_on(&probe, "reboot", again).await.unwrap();
        assert!(!plan.is_empty());
        let returns = apply_on(&probe, "reboot", again).await.unwrap();
        assert_eq!(
            (&returns["rebooted"], &returns["elapsed"]),
            (&true.into(), &5.into())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_stays_up_fails() {
        let again = "{reboot_command: /bin/again, reboot_timeout: 20}";
        let error = apply_on(&probe(host(false), Desk::default()), "reboot", again)
            .await
            .unwrap_err();
        assert_eq!(
            error.message,
            "the host did not come back within 20 s: it was not started anew"
        );
        assert_eq!(error.returns["rebooted"], false);
        let again = "{reboot_command: /bin/again, reboot_timeout: 20, test_command: 'false'}";
        let error = apply_on(&probe(host(true), Desk::default()), "reboot", again)
            .await
            .unwrap_err();
        assert_eq!(
            error.message,
            "`false` fails after the boot: exit status 1: not yet"
        );
        assert_eq!(error.returns["rebooted"], true);
    }

    #[tokio::test]
    async fn the_controller_is_never_started_anew() {
        let error = plan_on(&here(), "reboot", "{}").await.unwrap_err();
        assert_eq!(error.message, "this would start the controller itself anew");
    }
}

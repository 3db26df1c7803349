//! systemctl: asking about a unit, and doing something to it.

use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Error, Probe, Result, Returns},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Finds the user's own systemd; a shell that nobody logged in to does not know of it.
const RUNTIME: &str = r#"export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"; "#;

/// Whose systemd is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scope {
    /// The host's.
    #[default]
    System,
    /// The user's who acts.
    User,
    /// That of every user; a unit can be enabled and masked there, but does not run.
    Global,
}

/// systemctl with the options of a task.
#[derive(Clone, Debug, Default)]
pub(super) struct Systemctl {
    /// Whose systemd is meant.
    pub(super) scope: Scope,
    /// Whether not to wait until a unit has started or stopped.
    pub(super) no_block: bool,
    /// Whether links that stand in the way are replaced.
    pub(super) force: bool,
}

impl Systemctl {
    /// The command of some words.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut argv = vec!["systemctl"];
        match self.scope {
            Scope::System => {}
            Scope::User => argv.push("--user"),
            Scope::Global => argv.push("--global"),
        }
        let flags = [(self.no_block, "--no-block"), (self.force, "--force")];
        argv.extend(flags.iter().filter(|(is, _)| *is).map(|(_, flag)| flag));
        argv.extend(words);
        let command = Command::new(argv);
        if self.scope == Scope::System {
            return command;
        }
        Command::shell(format!("{RUNTIME}{}", command.line()))
    }

    /// Asks something.
    pub(super) async fn ask(&self, host: &Probe, words: &[&str]) -> Result<Arc<Output>> {
        let plain = Self {
            scope: self.scope,
            ..Self::default()
        };
        let output = host
            .query_command(plain.command(words).env("LC_ALL", "C"))
            .await?;
        if output.status == 127 {
            return Err(Error::failed("the host has no systemctl")
                .hint("services are managed where systemd is"));
        }
        Ok(output)
    }

    /// Does something; a unit that fails tells what it last logged.
    pub(super) async fn act(self, host: Host, action: String, unit: String) -> Result<Returns> {
        let words: Vec<&str> = [action.as_str(), unit.as_str()]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
        let output = host.run(self.command(&words).env("LC_ALL", "C")).await?;
        if output.success() {
            return Ok(Returns::new());
        }
        let said = output.error_text();
        let said = said.trim();
        let message = if unit.is_empty() {
            format!("failure {} during {action}: {said}", output.status)
        } else {
            format!("Unable to {action} service {unit}: {said}")
        };
        let error = Error::failed(message)
            .returning("rc", output.status)
            .returning("stdout", output.text().trim_end())
            .returning("stderr", said);
        if !["start", "restart", "reload"].contains(&action.as_str()) {
            return Err(error);
        }
        let user = if self.scope == Scope::User {
            "--user-unit"
        } else {
            "--unit"
        };
        let log = Command::new([
            "journalctl",
            "--no-pager",
            "-q",
            "-o",
            "cat",
            "-n",
            "12",
            user,
            &unit,
        ]);
        let log = host.run(log).await?.text();
        Err(match log.trim() {
            "" => error.hint(format!("`journalctl -u {unit}` may tell why")),
            log => error.hint(format!("its log ends with:\n{log}")),
        })
    }
}

//! Red Hat's `subscription-manager`, as a host answers it.

use k8sbm_core::{
    host::Command,
    task::{Error, Probe, Result},
};

/// A host that has the program.
pub(super) struct Manager;

impl Manager {
    pub(super) async fn of(host: &Probe) -> Result<Self> {
        let paths = [
            "/usr/sbin/subscription-manager",
            "/usr/bin/subscription-manager",
        ];
        let looks = futures::future::try_join_all(paths.map(|it| host.exists(it))).await?;
        match looks.contains(&true) {
            true => Ok(Self),
            false => Err(Error::failed("the host has no subscription-manager")
                .hint("only Red Hat Enterprise Linux has subscriptions")),
        }
    }

    /// Whether the host is registered.
    pub(super) async fn is_registered(&self, host: &Probe) -> Result<bool> {
        let output = host.query(["subscription-manager", "identity"]).await?;
        Ok(output.success())
    }

    /// The repositories, and whether each is enabled.
    pub(super) async fn repositories(&self, host: &Probe) -> Result<Vec<(String, bool)>> {
        let command = Command::new(["subscription-manager", "repos", "--list"]);
        let output = host.query_command(command.env("LC_ALL", "C")).await?;
        if !output.success() {
            let said = [output.error_text(), output.text()].join("\n");
            return Err(Error::failed(said.trim()).returning("rc", output.status));
        }
        let text = output.text();
        let mut repositories: Vec<(String, bool)> = Vec::new();
        for line in text.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            match (name.trim(), repositories.last_mut()) {
                ("Repo ID", _) => repositories.push((value.trim().to_owned(), false)),
                ("Enabled", Some(last)) => last.1 = value.trim() == "1",
                _ => {}
            }
        }
        Ok(repositories)
    }
}

//! The `rhsm_repository` module.

use super::subscription::Manager;
use crate::glob::Glob;
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Turns repositories of Red Hat's subscriptions on and off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RhsmRepository {
    /// Ids of repositories; `*` and `?` stand for what they stand for in names of files.
    name: Vec<String>,
    /// Whether packages come from there.
    #[serde(default)]
    state: State,
    /// Whether all others are turned off.
    #[serde(default)]
    purge: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// They do.
    #[default]
    #[serde(alias = "present")]
    Enabled,
    /// They do not.
    #[serde(alias = "absent")]
    Disabled,
}

impl Task for RhsmRepository {
    const NAME: &'static str = "rhsm_repository";

    fn validate(&self) -> Result<()> {
        match self.purge && self.state == State::Disabled {
            true => Err(Error::arguments("`purge` would turn all repositories off")
                .hint("it turns off those that are not named, where the named ones are enabled")
                .about(["purge"])),
            false => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let manager = Manager::of(host).await?;
        let known = manager.repositories(host).await?;
        let mut wanted = Vec::new();
        for name in &self.name {
            let glob = Glob::new(name);
            let matching = known.iter().filter(|(id, _)| glob.matches(id));
            let before = wanted.len();
            wanted.extend(matching.map(|(id, _)| id.as_str()));
            if wanted.len() == before {
                return Err(
                    Error::failed(format!("{name} is not a valid repository ID")).hint(
                        "`subscription-manager repos --list` names those that the subscription has",
                    ),
                );
            }
        }
        let enable = self.state == State::Enabled;
        let mut changes: Vec<(&str, bool)> = Vec::new();
        for (id, enabled) in &known {
            let named = wanted.contains(&id.as_str());
            if named && *enabled != enable {
                changes.push((id, enable));
            } else if !named && self.purge && *enabled {
                changes.push((id, false));
            }
        }
        let mut plan = Plan::default();
        plan.returns("repositories", wanted.clone());
        if changes.is_empty() {
            return Ok(plan);
        }
        let word = |on: bool| if on { "enable" } else { "disable" };
        let options = changes
            .iter()
            .flat_map(|(id, on)| [format!("--{}", word(*on)), (*id).to_owned()]);
        let argv = ["subscription-manager".to_owned(), "repos".into()];
        let side = |after: bool| -> String {
            let line = |(id, on): &(&str, bool)| format!("{id}: {}d\n", word(*on == after));
            changes.iter().map(line).collect()
        };
        let diff = Diff::text("repositories", side(false), side(true));
        plan.run_command(Command::new(argv.into_iter().chain(options)), Some(diff));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "The repositories that a node of Kubernetes needs",
            yaml: "rhsm_repository:\n  name:\n    - rhel-9-for-*-baseos-rpms\n    - rhel-9-for-*-appstream-rpms\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("repositories", "The ids of what was named.")]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, plan_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    const LIST: &str = "+---+\n    Available Repositories in /etc/yum.repos.d/redhat.repo\n+---+\n\
        Repo ID:   rhel-9-baseos\nRepo Name: Base\nRepo URL:  https://x\nEnabled:   1\n\n\
        Repo ID:   rhel-9-appstream\nRepo Name: Apps\nRepo URL:  https://x\nEnabled:   0\n\n\
        Repo ID:   rhel-9-extra\nRepo Name: Extra\nRepo URL:  https://x\nEnabled:   1\n";

    #[tokio::test]
    async fn only_what_differs_is_turned() {
        let host = FakeHost::new()
            .file("/usr/sbin/subscription-manager", "")
            .query(["subscription-manager", "repos", "--list"], LIST);
        let host = probe(host, Desk::default());
        insta::assert_snapshot!(told(&host, "rhsm_repository", "name: rhel-9-*s*").await, @r"
        run subscription-manager repos --enable rhel-9-appstream
        - rhel-9-appstream: disabled
        + rhel-9-appstream: enabled
        ");
        insta::assert_snapshot!(told(&host, "rhsm_repository", "{name: [rhel-9-baseos], purge: true}").await, @r"
        run subscription-manager repos --disable rhel-9-extra
        - rhel-9-extra: enabled
        + rhel-9-extra: disabled
        ");
        let plan = plan_on(
            &host,
            "rhsm_repository",
            "{name: rhel-9-appstream, state: disabled}",
        );
        assert!(plan.await.unwrap().is_empty());
        let said = told(&host, "rhsm_repository", "name: epel").await;
        assert!(
            said.starts_with("error: epel is not a valid repository ID"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_host_without_subscriptions_is_told_as_such() {
        let said = told(
            &probe(FakeHost::new(), Desk::default()),
            "rhsm_repository",
            "name: x",
        )
        .await;
        assert!(said.contains("no subscription-manager"), "{said}");
        refusal("rhsm_repository", "{name: x, state: disabled, purge: true}");
    }
}

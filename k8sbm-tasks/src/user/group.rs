//! The `group` module.

use super::accounts::Accounts;
use k8sbm_core::task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Manages groups of users.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// The group's name.
    name: String,
    /// Whether it shall exist.
    #[serde(default)]
    state: Presence,
    /// Its number.
    #[serde(default)]
    gid: Option<u32>,
    /// Whether a new group gets a number of the range for system groups.
    #[serde(default)]
    system: bool,
    /// Whether another group may have the same number.
    #[serde(default)]
    non_unique: bool,
    /// Removes the group even where it is some user's own.
    #[serde(default)]
    force: bool,
    /// Looks in the host's own files only, where a directory service knows groups too.
    #[serde(default)]
    local: bool,
    /// The lowest number for a new group, instead of what `/etc/login.defs` says.
    #[serde(default)]
    gid_min: Option<u32>,
    /// The highest number for a new group, instead of what `/etc/login.defs` says.
    #[serde(default)]
    gid_max: Option<u32>,
}

/// Whether something shall exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Presence {
    /// It exists.
    #[default]
    Present,
    /// It does not exist.
    Absent,
}

impl Presence {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
        }
    }
}

impl Task for Group {
    const NAME: &'static str = "group";

    fn validate(&self) -> Result<()> {
        if self.non_unique && self.gid.is_none() {
            return Err(Error::arguments("`non_unique` needs a `gid`"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut accounts = Accounts::of(host).await?;
        if !self.local {
            accounts.add_group(host, &self.name).await?;
        }
        let mut plan = Plan::default();
        plan.returns("name", self.name.clone());
        plan.returns("state", self.state.word());
        plan.returns("system", self.system);
        let there = accounts.groups.iter().find(|it| it.name == self.name);
        let before = there
            .map(|it| format!("{}: gid {}\n", it.name, it.gid))
            .unwrap_or_default();
        match (self.state, there) {
            (Presence::Absent, None) => {}
            (Presence::Absent, Some(_)) => {
                let mut argv = vec!["groupdel"];
                if self.force {
                    argv.push("-f");
                }
                argv.push(&self.name);
                self.step(
                    &mut plan,
                    argv.iter().map(|it| (*it).to_owned()),
                    (before, String::new()),
                );
            }
            (Presence::Present, Some(there)) => {
                let gid = self.gid.unwrap_or(there.gid);
                plan.returns("gid", gid);
                if gid != there.gid {
                    let argv = self.numbered("groupmod", &accounts)?;
                    let after = format!("{}: gid {gid}\n", self.name);
                    self.step(&mut plan, argv, (before, after));
                }
            }
            (Presence::Present, None) => {
                if let Some(gid) = self.gid {
                    plan.returns("gid", gid);
                }
                let argv = self.numbered("groupadd", &accounts)?;
                let gid = self
                    .gid
                    .map_or("the next that is free".into(), |it| it.to_string());
                self.step(
                    &mut plan,
                    argv,
                    (before, format!("{}: gid {gid}\n", self.name)),
                );
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A group for the files of Kubernetes",
                yaml: "group:\n  name: kube-cert\n  system: true\n",
            },
            Example {
                title: "A group with a number that all hosts agree on",
                yaml: "group:\n  name: storage\n  gid: 2000\n",
            },
            Example {
                title: "No such group",
                yaml: "group:\n  name: docker\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The group."),
            ("state", "`present` or `absent`."),
            ("gid", "Its number, once it exists."),
            ("system", "Whether a new group is a system group."),
        ]
    }
}

impl Group {
    fn numbered(&self, program: &str, accounts: &Accounts) -> Result<Vec<String>> {
        let mut argv = vec![program.to_owned()];
        if let Some(gid) = self.gid {
            let taken = accounts
                .groups
                .iter()
                .find(|it| it.gid == gid && it.name != self.name);
            if let Some(other) = taken.filter(|_| !self.non_unique) {
                return Err(Error::failed(format!(
                    "GID '{gid}' already exists with group '{}'",
                    other.name
                ))
                .hint("`non_unique: true` lets two groups have one number"));
            }
            argv.extend(["-g".into(), gid.to_string()]);
            if self.non_unique {
                argv.push("-o".into());
            }
        }
        if program == "groupadd" {
            if self.system {
                argv.push("-r".into());
            }
            for (name, number) in [("GID_MIN", self.gid_min), ("GID_MAX", self.gid_max)] {
                argv.extend(
                    number
                        .into_iter()
                        .flat_map(|it| ["-K".into(), format!("{name}={it}")]),
                );
            }
        }
        argv.push(self.name.clone());
        Ok(argv)
    }

    fn step(
        &self,
        plan: &mut Plan,
        argv: impl IntoIterator<Item = String>,
        (before, after): (String, String),
    ) {
        let command = k8sbm_core::host::Command::new(argv);
        let (summary, name) = (command.line(), self.name.clone());
        plan.act_with(
            summary,
            Diff::text("/etc/group", before, after),
            async move |host| {
                host.check(command).await?;
                let mut returns = Returns::new();
                let accounts = Accounts::of(host.probe()).await?;
                if let Some(group) = accounts.groups.iter().find(|it| it.name == name) {
                    returns.insert("gid".into(), group.gid.into());
                }
                Ok(returns)
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{self, Desk};
    use k8sbm_core::connection::FakeHost;

    async fn told(yaml: &str) -> String {
        let host = FakeHost::new()
            .file("/etc/group", "root:x:0:\nstorage:x:2000:\n")
            .query(["getent", "group", "kube"], "");
        let told = testing::told(&testing::probe(host, Desk::default()), "group", yaml).await;
        told.lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_group_is_made_changed_and_removed() {
        assert_eq!(
            told("{name: kube, system: true, gid_min: 500}").await,
            "groupadd -r -K GID_MIN=500 kube"
        );
        assert_eq!(told("{name: storage, gid: 2000}").await, "");
        assert_eq!(
            told("{name: storage, gid: 2001}").await,
            "groupmod -g 2001 storage"
        );
        assert_eq!(
            told("{name: storage, state: absent, force: true}").await,
            "groupdel -f storage"
        );
        assert_eq!(told("{name: kube, state: absent}").await, "");
    }

    #[tokio::test]
    async fn a_number_is_given_once() {
        assert_eq!(
            told("{name: kube, gid: 2000}").await,
            "error: GID '2000' already exists with group 'storage'"
        );
        assert_eq!(
            told("{name: kube, gid: 2000, non_unique: true}").await,
            "groupadd -g 2000 -o kube"
        );
    }
}

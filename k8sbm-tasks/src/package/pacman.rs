//! The `pacman` module.

use k8sbm_core::{
    connection::words,
    host::{Command, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Installs and removes packages of Arch Linux.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pacman {
    /// Packages: names, groups, or files and addresses that end with `.pkg.tar` and a packing.
    #[serde(default, alias = "package", alias = "pkg")]
    #[schemars(extend("aliases" = ["package", "pkg"]))]
    name: Vec<String>,
    /// What shall be true of them: `present` (or `installed`, the default), `absent` (or `removed`), `latest`.
    #[serde(default)]
    state: State,
    /// Removes packages though others need them; with `update_cache`, fetches the lists though they are new.
    #[serde(default)]
    force: bool,
    /// Removes packages with files that somebody edited, and keeps no copy of these.
    #[serde(default)]
    remove_nosave: bool,
    /// Brings the package lists up to date first.
    #[serde(default)]
    update_cache: Option<bool>,
    /// More options for that.
    #[serde(default)]
    update_cache_extra_args: Option<String>,
    /// Upgrades all packages.
    #[serde(default)]
    upgrade: bool,
    /// More options for that.
    #[serde(default)]
    upgrade_extra_args: Option<String>,
    /// More options for installing and removing.
    #[serde(default)]
    extra_args: Option<String>,
    /// The program. Default `pacman`.
    #[serde(default = "pacman")]
    executable: String,
    /// Why they are installed: `explicit`, because somebody wants them, or as a `dependency` of others.
    #[serde(default)]
    reason: Option<Reason>,
    /// Of which of them that is set: of `new` ones (default), or of `all`.
    #[serde(default)]
    reason_for: ReasonFor,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Installed.
    #[default]
    #[serde(alias = "installed")]
    Present,
    /// Not installed.
    #[serde(alias = "removed")]
    Absent,
    /// Installed in the newest version there is.
    Latest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Reason {
    /// Somebody wants it.
    Explicit,
    /// Others need it.
    Dependency,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ReasonFor {
    /// Those that are installed now.
    #[default]
    New,
    /// Those that were there, too.
    All,
}

fn pacman() -> String {
    "pacman".into()
}

impl Task for Pacman {
    const NAME: &'static str = "pacman";

    fn validate(&self) -> Result<()> {
        if self.name.is_empty() && !self.upgrade && self.update_cache != Some(true) {
            return Err(Error::arguments("it is not said what to do")
                .hint("`name`, `upgrade` or `update_cache` says it"));
        }
        if !self.name.is_empty() && self.upgrade {
            return Err(Error::arguments(
                "`name` and `upgrade` are mutually exclusive",
            ));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let installed = self.installed(host).await?;
        let mut plan = Plan::default();
        if self.update_cache == Some(true) {
            let lists = if self.force { "-yy" } else { "-y" };
            let command = self.command(&["--sync", lists], &[], &self.update_cache_extra_args)?;
            plan.observe("update the package lists", async move |host: Host| {
                host.check(command).await?;
                Ok(Returns::from_iter([(
                    "cache_updated".to_owned(),
                    json!(true),
                )]))
            });
        }
        let changed = if self.upgrade {
            self.plan_upgrade(host, &mut plan).await?
        } else {
            let packages = self.packages(host, &installed).await?;
            match self.state {
                State::Absent => self.plan_removal(&installed, packages, &mut plan)?,
                _ => {
                    self.plan_installation(host, &installed, packages, &mut plan)
                        .await?
                }
            }
        };
        plan.returns("packages", changed);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Packet filters as Kubernetes wants them, in place of the older ones",
                yaml: "- community.general.pacman:\n    name: iptables\n    state: absent\n    force: true\n- community.general.pacman:\n    name: [iptables-nft, nftables]\n    update_cache: true\n",
            },
            Example {
                title: "Everything in its newest version",
                yaml: "pacman:\n  update_cache: true\n  upgrade: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("packages", "What is installed, upgraded or removed by it."),
            (
                "cache_updated",
                "True, where the package lists were fetched.",
            ),
        ]
    }
}

impl Pacman {
    fn command(&self, deed: &[&str], names: &[String], more: &Option<String>) -> Result<Command> {
        let more = words(more.as_deref().unwrap_or_default()).map_err(Error::arguments)?;
        let deed = deed.iter().copied();
        let argv = [self.executable.as_str(), "--noconfirm", "--noprogressbar"].into_iter();
        let argv = argv.chain(deed).map(str::to_owned).chain(more);
        Ok(Command::new(argv.chain(names.iter().cloned())))
    }

    async fn installed(&self, host: &Probe) -> Result<BTreeMap<String, String>> {
        let output = host.query([self.executable.as_str(), "--query"]).await?;
        if [126, 127].contains(&output.status) {
            return Err(Error::failed("the host has no pacman")
                .hint("`package` takes what the host has for packages"));
        }
        let text = output.text();
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        Ok(pairs
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .collect())
    }

    /// Names of packages with what pacman takes for each: groups become their members, files the packages in them.
    async fn packages(
        &self,
        host: &Probe,
        installed: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, String)>> {
        let mut packages = Vec::new();
        let names = self
            .name
            .iter()
            .map(|it| it.trim())
            .filter(|it| !it.is_empty());
        for name in names {
            if name.contains(".pkg.tar") && self.state != State::Absent {
                let file = [self.executable.as_str(), "--query", "--file", name];
                let output = match name.contains("://") {
                    // Its name is what stands before version, release and architecture.
                    true => None,
                    false => Some(host.query(file).await?),
                };
                let known = output.filter(|it| it.success()).map(|it| it.text());
                let package = match known.as_deref().and_then(|it| it.split_once(' ')) {
                    Some((package, _)) => package.to_owned(),
                    None => of_file(name),
                };
                packages.push((package, name.to_owned()));
                continue;
            }
            if installed.contains_key(name) {
                packages.push((name.to_owned(), name.to_owned()));
                continue;
            }
            let members = host
                .query([self.executable.as_str(), "--sync", "--groups", name])
                .await?;
            let text = members.text();
            let members: Vec<_> = text
                .lines()
                .filter_map(|line| line.split_once(' '))
                .collect();
            match members.is_empty() {
                true => packages.push((name.to_owned(), name.to_owned())),
                false => packages.extend(
                    members
                        .iter()
                        .map(|(_, it)| ((*it).to_owned(), (*it).to_owned())),
                ),
            }
        }
        Ok(packages)
    }

    async fn plan_installation(
        &self,
        host: &Probe,
        installed: &BTreeMap<String, String>,
        packages: Vec<(String, String)>,
        plan: &mut Plan,
    ) -> Result<Vec<String>> {
        let mut wanted: Vec<_> = packages
            .iter()
            .filter(|(name, _)| !installed.contains_key(name))
            .cloned()
            .collect();
        if self.state == State::Latest && packages.iter().any(|(it, _)| installed.contains_key(it))
        {
            let newer: BTreeSet<String> = self.newer(host).await?.into_iter().collect();
            wanted.extend(
                packages
                    .iter()
                    .filter(|(name, _)| newer.contains(name))
                    .cloned(),
            );
        }
        let names: Vec<String> = wanted.iter().map(|(name, _)| name.clone()).collect();
        let (files, named): (Vec<_>, Vec<_>) = wanted
            .into_iter()
            .map(|(_, taken)| taken)
            .partition(|it| it.contains(".pkg.tar"));
        for (deed, taken) in [("--upgrade", files), ("--sync", named)] {
            if taken.is_empty() {
                continue;
            }
            let command = self.command(&[deed, "--needed"], &taken, &self.extra_args)?;
            plan.run_command(command, Some(Diff::text("packages", "", lines(&taken))));
        }
        let marked: Vec<String> = match (self.reason, self.reason_for) {
            (None, _) => Vec::new(),
            (Some(_), ReasonFor::New) => names.clone(),
            (Some(reason), ReasonFor::All) => {
                let flag = if reason == Reason::Explicit {
                    "--explicit"
                } else {
                    "--deps"
                };
                let output = host
                    .query([self.executable.as_str(), "--query", "--quiet", flag])
                    .await?;
                let right = output.text();
                let right: BTreeSet<&str> = right.lines().collect();
                let all = packages.iter().map(|(name, _)| name.clone());
                all.filter(|it| !right.contains(it.as_str())).collect()
            }
        };
        if !marked.is_empty() {
            let flag = if self.reason == Some(Reason::Explicit) {
                "--asexplicit"
            } else {
                "--asdeps"
            };
            let command = self.command(&["--database", flag], &marked, &None)?;
            plan.run_command(command, None);
        }
        Ok(names)
    }

    fn plan_removal(
        &self,
        installed: &BTreeMap<String, String>,
        packages: Vec<(String, String)>,
        plan: &mut Plan,
    ) -> Result<Vec<String>> {
        let names = packages.into_iter().map(|(name, _)| name);
        let names: Vec<String> = names.filter(|it| installed.contains_key(it)).collect();
        if names.is_empty() {
            return Ok(names);
        }
        let mut deed = vec!["--remove"];
        if self.force {
            deed.extend(["--nodeps", "--nodeps"]);
        }
        if self.remove_nosave {
            deed.push("--nosave");
        }
        let command = self.command(&deed, &names, &self.extra_args)?;
        plan.run_command(command, Some(Diff::text("packages", lines(&names), "")));
        Ok(names)
    }

    async fn plan_upgrade(&self, host: &Probe, plan: &mut Plan) -> Result<Vec<String>> {
        let newer = self.newer(host).await?;
        if !newer.is_empty() {
            let command =
                self.command(&["--sync", "--sysupgrade"], &[], &self.upgrade_extra_args)?;
            plan.run_command(command, Some(Diff::text("packages", "", lines(&newer))));
        }
        Ok(newer)
    }

    /// What the lists have in a newer version.
    async fn newer(&self, host: &Probe) -> Result<Vec<String>> {
        let output = host
            .query([self.executable.as_str(), "--query", "--upgrades", "--quiet"])
            .await?;
        Ok(output.text().lines().map(str::to_owned).collect())
    }
}

/// The name of the package in a file: what stands before version, release and architecture.
fn of_file(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let parts: Vec<&str> = file.split('-').collect();
    let name = &parts[..parts.len().saturating_sub(3)];
    name.join("-")
}

fn lines(names: &[String]) -> String {
    names.iter().map(|it| format!("{it}\n")).collect()
}

#[cfg(test)]
mod tests;

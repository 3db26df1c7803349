//! What `apt` does, in Ansible's order: lists, cleaning, upgrade, package files, packages.

use super::{
    arguments::{Apt, State, Upgrade},
    clean,
    command::AptGet,
    deb, install,
    lists::{self, Lists},
};
use crate::package::dpkg::Packages;
use k8sbm_core::task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task};
use std::time::Duration;

impl Task for Apt {
    const NAME: &'static str = "apt";

    fn validate(&self) -> Result<()> {
        let given = [
            (self.deb.is_some(), "deb"),
            (!self.package.is_empty(), "name"),
            (self.upgrade != Upgrade::No, "upgrade"),
        ];
        let mut given = given.iter().filter(|(is, _)| *is).map(|(_, name)| name);
        if let (Some(one), Some(other)) = (given.next(), given.next()) {
            return Err(Error::arguments(format!(
                "`{one}` and `{other}` exclude each other"
            )));
        }
        let wanted = self.names();
        if self.state == State::Latest
            && let Some(fixed) = wanted.iter().find(|it| it.contains('='))
        {
            return Err(Error::arguments(format!(
                "version number inconsistent with state=latest: {fixed}"
            ))
            .hint("leave the version out, or say `state: present`"));
        }
        if wanted.contains(&"*") && (self.state != State::Latest || wanted.len() > 1) {
            return Err(
                Error::arguments("`*` stands alone, and with `state: latest`")
                    .hint("to upgrade all packages, say `upgrade: safe`"),
            );
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let lists_due = self.plan_lists(host, &mut plan).await?;
        if self.clean {
            clean::all(host, &mut plan, self).await?;
        }
        let names = self.names();
        let upgrade = if names == ["*"] {
            Upgrade::Yes
        } else {
            self.upgrade
        };
        if upgrade != Upgrade::No {
            install::upgrade(host, &mut plan, self, upgrade, lists_due).await?;
            return Ok(plan);
        }
        if let Some(deb) = &self.deb {
            deb::install(host, &mut plan, self, deb).await?;
            return Ok(plan);
        }
        if names.is_empty() && self.state != State::Fixed {
            if self.autoclean {
                clean::outdated(host, &mut plan, self).await?;
            }
            if self.autoremove {
                clean::unneeded(host, &mut plan, self).await?;
            }
            return Ok(plan);
        }
        match self.state {
            State::Absent => install::remove(host, &mut plan, self, &names).await?,
            State::BuildDep => {
                install::operation(host, &mut plan, self, "build-dep", &names, lists_due).await?;
            }
            State::Fixed => {
                let words = [&["--fix-broken"], names.as_slice()].concat();
                install::operation(host, &mut plan, self, "install", &words, lists_due).await?;
            }
            State::Present | State::Latest => {
                let installed = Packages::of(host).await?;
                install::packages(host, &mut plan, self, &installed, lists_due).await?;
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What kubeadm asks for",
                yaml: "apt:\n  name: [conntrack, ebtables, ethtool, socat]\n  update_cache: true\n  cache_valid_time: 3600\n",
            },
            Example {
                title: "One version of Kubernetes",
                yaml: "apt:\n  name:\n    - kubeadm=1.34.2-*\n    - kubelet=1.34.2-*\n  allow_downgrade: true\n  allow_change_held_packages: true\n",
            },
            Example {
                title: "Remove what a distribution brought, with its configuration",
                yaml: "apt:\n  name: [docker.io, containerd]\n  state: absent\n  purge: true\n  autoremove: true\n",
            },
            Example {
                title: "Upgrade all packages",
                yaml: "apt:\n  upgrade: dist\n  update_cache: true\n",
            },
            Example {
                title: "A package file from the web",
                yaml: "apt:\n  deb: https://example.org/cri-tools_1.34.0_amd64.deb\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "cache_updated",
                "Whether the package lists are brought up to date.",
            ),
            (
                "cache_update_time",
                "When that was last done, in seconds since the epoch.",
            ),
            ("stdout", "What apt-get said."),
            ("stderr", "What apt-get complained of."),
        ]
    }
}

impl Apt {
    /// The names that were given; empty ones, from templates, count for nothing.
    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.package.iter().map(|it| it.trim());
        names.filter(|it| !it.is_empty()).collect()
    }

    /// Plans the update of the lists; says whether there is one.
    async fn plan_lists(&self, host: &Probe, plan: &mut Plan) -> Result<bool> {
        if !self.update_cache.unwrap_or(self.cache_valid_time > 0) {
            return Ok(false);
        }
        let lists = Lists::of(host).await?;
        let due = lists.are_due(host, self.cache_valid_time).await?;
        plan.returns("cache_updated", due);
        plan.returns("cache_update_time", lists.updated);
        if !due {
            return Ok(false);
        }
        let apt = self.apt_get();
        let (retries, delay) = (self.update_cache_retries, self.update_cache_retry_max_delay);
        let update = async move |host: k8sbm_core::host::Host| {
            lists::update(&host, &apt, retries, Duration::from_secs(delay.into())).await?;
            let mut returns = Returns::new();
            let now = Lists::of(host.probe()).await?.updated;
            returns.insert("cache_update_time".into(), now.into());
            Ok(returns)
        };
        // Beside other work the lists are a means, as for Ansible, and no change by themselves.
        let alone = self.names().is_empty() && self.upgrade == Upgrade::No && self.deb.is_none();
        if alone {
            let diff = Diff::text("package lists", lists.age(), "updated: now\n");
            plan.act_with("update the package lists", diff, update);
        } else {
            plan.observe("update the package lists", update);
        }
        Ok(true)
    }

    /// apt-get with the options that hold for everything this task does.
    pub(super) fn apt_get(&self) -> AptGet {
        let mut apt = AptGet {
            lock_timeout: Duration::from_secs(self.lock_timeout.into()),
            policy_rc_d: self.policy_rc_d,
            ..AptGet::default()
        };
        for option in self.dpkg_options.iter().filter(|it| !it.is_empty()) {
            apt.set(format!("Dpkg::Options::=--{option}"));
        }
        let flags = [
            (self.only_upgrade, "--only-upgrade"),
            (
                self.allow_unauthenticated || self.force,
                "--allow-unauthenticated",
            ),
            (self.allow_downgrade || self.force, "--allow-downgrades"),
            (
                self.allow_change_held_packages || self.force,
                "--allow-change-held-packages",
            ),
            (self.force, "--allow-remove-essential"),
            (self.fail_on_autoremove, "--no-remove"),
        ];
        let flags = flags
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, flag)| (*flag).to_owned());
        apt.options.extend(flags);
        if let Some(release) = &self.default_release {
            apt.options.extend(["-t".into(), release.clone()]);
        }
        match self.install_recommends {
            Some(true) => apt.set("APT::Install-Recommends=yes"),
            Some(false) => apt.set("APT::Install-Recommends=no"),
            None => {}
        }
        apt
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, refusal, told};
    use k8sbm_core::{
        connection::FakeHost,
        host::{Command, Output},
        task::Probe,
    };

    /// A host with curl and mawk; jq can be installed, curl upgraded, and nothing else is known.
    fn debian() -> FakeHost {
        let asks =
            |program: &'static str| move |command: &Command| command.line().starts_with(program);
        let installed = "curl\tamd64\t7.88.1-10\tii \tcurl\tweb\t\nmawk\tamd64\t1.3.4\tii \tmawk\tutils\tawk\napt\tamd64\t2.6.1\tii \tapt\tadmin\tapt-transport-https (= 2.6.1)\n";
        FakeHost::new()
            .queries(asks("dpkg-query"), move |_, _| printed(0, installed, ""))
            .queries(asks("apt-get"), |_, command| simulated(&command.line()))
            .query(["apt-cache", "pkgnames"], "curl\njq\nmawk\n")
            .query(["apt-cache", "pkgnames", "awk"], "awkward\n")
            .query(
                ["apt-cache", "pkgnames", "apt-transport-https"],
                "apt-transport-https\n",
            )
            .query(["date", "+%s"], "2000")
    }

    fn printed(status: i32, stdout: &str, stderr: &str) -> Output {
        Output {
            status,
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    fn simulated(line: &str) -> Output {
        let mut moves = String::new();
        if line.contains("remove") {
            return printed(0, "Remv curl [7.88.1-10]\n", "");
        }
        if line.contains(" jqq") {
            return printed(100, "", "E: Unable to locate package jqq\n");
        }
        if line.contains(" jq") {
            moves.push_str(
                "Inst libjq1 (1.6-2.1 Debian [amd64])\nInst jq (1.6-2.1 Debian [amd64])\n",
            );
        }
        if line.contains(" apt-transport-https") {
            moves.push_str("Inst apt-transport-https (2.6.1 Debian [all])\n");
        }
        if line.contains(" curl") || line.contains("upgrade") {
            moves.push_str("Inst curl [7.88.1-10] (7.88.1-11 Debian [amd64])\n");
        }
        printed(0, &moves, "")
    }

    fn host() -> Probe {
        probe(debian(), Desk::default())
    }

    #[tokio::test]
    async fn what_is_there_asks_apt_nothing() {
        assert_eq!(
            told(
                &host(),
                "apt",
                "{name: [curl, awk, 'curl=7.*', 'curl>=7.1']}"
            )
            .await,
            ""
        );
        assert_eq!(
            told(&host(), "apt", "{name: [jq, ''], state: absent}").await,
            ""
        );
        assert_eq!(
            told(&host(), "apt", "{name: jq, only_upgrade: true}").await,
            ""
        );
    }

    #[tokio::test]
    async fn a_package_of_the_name_itself_is_not_there_because_another_provides_it() {
        insta::assert_snapshot!(told(&host(), "apt", "{name: [apt-transport-https, awk]}").await, @r"
        apt-get install apt-transport-https
        + apt-transport-https 2.6.1
        ");
    }

    #[tokio::test]
    async fn what_is_missing_is_one_call() {
        insta::assert_snapshot!(told(&host(), "apt", "{name: [jq, curl], install_recommends: false}").await, @r"
        apt-get install jq
        + jq 1.6-2.1
        + libjq1 1.6-2.1
        ");
        insta::assert_snapshot!(told(&host(), "apt", "{pkg: 'jq, curl', state: latest}").await, @r"
        apt-get install jq curl
        - curl 7.88.1-10
        + curl 7.88.1-11
        + jq 1.6-2.1
        + libjq1 1.6-2.1
        ");
        insta::assert_snapshot!(told(&host(), "apt", "{name: 'c*l', state: absent, purge: true}").await, @r"
        apt-get remove curl
        - curl 7.88.1-10
        ");
        insta::assert_snapshot!(told(&host(), "apt", "{upgrade: safe}").await, @r"
        apt-get upgrade --with-new-pkgs
        - curl 7.88.1-10
        + curl 7.88.1-11
        ");
    }

    #[tokio::test]
    async fn a_package_that_nobody_has_is_told_with_its_neighbour() {
        insta::assert_snapshot!(told(&host(), "apt", "{name: jqq}").await, @r"
        error: No package matching 'jqq' is available
        hint: did you mean `jq`?
        ");
        insta::assert_snapshot!(told(&host(), "apt", "{name: 'jq>=2'}").await, @r"
        error: no available installation candidate for jq>=2
        hint: the newest that the repositories of the host have is 1.6-2.1
        ");
        insta::assert_snapshot!(told(&host(), "apt", "{name: 'zz*'}").await, @"error: No package(s) matching 'zz*' available");
    }

    #[tokio::test]
    async fn old_lists_are_updated_first() {
        insta::assert_snapshot!(told(&host(), "apt", "{update_cache: true, cache_valid_time: 60}").await, @r"
        update the package lists
        - updated: never
        + updated: now
        ");
        insta::assert_snapshot!(told(&host(), "apt", "{name: jqq, update_cache: true}").await, @r"
        update the package lists (no change)
        apt-get install jqq, once the package lists are up to date
        + jqq
        ");
        insta::assert_snapshot!(told(&host(), "apt", "{name: mawk, state: latest, update_cache: true}").await, @r"
        update the package lists (no change)
        apt-get install mawk, should the new lists offer more (no change)
        ");
    }

    #[tokio::test]
    async fn a_package_that_came_for_others_is_kept_for_itself() {
        let states = "Package: curl\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: x\nAuto-Installed: 1\n";
        let host = probe(
            debian().file("/var/lib/apt/extended_states", states),
            Desk::default(),
        );
        insta::assert_snapshot!(told(&host, "apt", "{name: [curl, mawk]}").await, @r"
        run apt-mark manual curl
        - curl: for others
        + curl: for itself
        ");
    }

    #[test]
    fn arguments_that_contradict_each_other_are_refused() {
        assert_eq!(
            refusal("apt", "{name: a, deb: /b.deb}").message,
            "`deb` and `name` exclude each other"
        );
        assert_eq!(
            refusal("apt", "{name: 'a=1', state: latest}").message,
            "version number inconsistent with state=latest: a=1"
        );
        assert_eq!(
            refusal("apt", "{name: '*'}").message,
            "`*` stands alone, and with `state: latest`"
        );
    }
}

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
                "`{one}` and `{other}` are mutually exclusive"
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
mod tests;

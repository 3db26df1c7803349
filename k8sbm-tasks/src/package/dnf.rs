//! The `dnf` module, which `yum` and `dnf5` are other names of.

mod arguments;
mod command;
mod rpm;

pub(crate) use self::arguments::{Dnf, State};
use self::rpm::{Installed, results};
use k8sbm_core::{
    host::Host,
    task::{Diff, Example, Plan, Probe, Result, Returns, Task},
};
use serde_json::json;

/// What is to be done to packages: dnf's word for it, and their names.
type Deed = (&'static str, Vec<String>);

impl Dnf {
    fn names(&self) -> Vec<String> {
        let names = self.name.iter().map(|name| name.trim().to_owned());
        names.filter(|name| !name.is_empty()).collect()
    }

    /// What has to be done, by looking at what is installed.
    async fn deeds(&self, host: &Probe, program: &str) -> Result<Vec<Deed>> {
        let names = self.names();
        let installed = Installed::of(host, &self.installroot).await?;
        match self.state() {
            State::Absent => {
                let gone = names
                    .iter()
                    .filter(|name| !installed.matching(name).is_empty());
                let mut gone: Vec<String> = gone.cloned().collect();
                let groups = names.iter().filter(|name| name.starts_with('@'));
                for group in groups {
                    if self.group_is_there(host, program, group).await? {
                        gone.push(group.clone());
                    }
                }
                Ok(deed("remove", gone))
            }
            State::Present => {
                let missing = self.missing(host, program, &installed, names).await?;
                let missing = missing.into_iter().filter(|_| !self.update_only);
                Ok(deed("install", missing.collect()))
            }
            State::Latest => {
                let everything = names.iter().any(|name| name == "*");
                let missing = match everything {
                    true => Vec::new(),
                    false => {
                        self.missing(host, program, &installed, names.clone())
                            .await?
                    }
                };
                let there = names.into_iter().filter(|name| !missing.contains(name));
                let there: Vec<String> = there.filter(|name| name != "*").collect();
                let newer = if everything || !there.is_empty() {
                    self.newer(host, program, &there).await?
                } else {
                    Vec::new()
                };
                let mut deeds = Vec::new();
                if !self.update_only {
                    deeds.extend(deed("install", missing));
                }
                deeds.extend(deed("upgrade", newer));
                Ok(deeds)
            }
        }
    }

    /// Those that are not installed, by name or by what is provided.
    async fn missing(
        &self,
        host: &Probe,
        program: &str,
        installed: &Installed,
        names: Vec<String>,
    ) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        for name in names {
            let there = if name.starts_with('@') {
                self.group_is_there(host, program, &name).await?
            } else if name.ends_with(".rpm") {
                installed.has_file(host, &name).await?
            } else {
                installed.satisfies(&name)
                    || !self.allow_downgrade && installed.has_newer_than(&name)
                    || installed.provides(host, &name).await?
            };
            if !there {
                missing.push(name);
            }
        }
        Ok(missing)
    }

    async fn group_is_there(&self, host: &Probe, program: &str, name: &str) -> Result<bool> {
        let words = ["-q", "group", "list", "--installed"].map(str::to_owned);
        let output = host
            .query_command(self.command(program, words.to_vec()))
            .await?;
        let name = name.trim_start_matches('@').to_lowercase();
        let text = output.text().to_lowercase();
        Ok(text.lines().any(|line| {
            line.trim() == name || line.split_whitespace().next() == Some(name.as_str())
        }))
    }

    /// Those that the repositories have in a newer version, by dnf's own word.
    async fn newer(&self, host: &Probe, program: &str, names: &[String]) -> Result<Vec<String>> {
        let mut words = vec!["-q".to_owned(), "check-update".into()];
        words.extend(names.iter().cloned());
        let output = host.query_beyond(self.command(program, words)).await?;
        match output.status {
            0 => Ok(Vec::new()),
            // It exits with 100 where there is something newer.
            100 => Ok(rpm::updates(&output.text())),
            status => Err(command::failed(&output).returning("rc", status)),
        }
    }

    fn plan_deeds(&self, program: &str, deeds: Vec<Deed>, plan: &mut Plan) {
        let root = self.installroot.clone();
        for (verb, names) in deeds {
            let mut words = vec!["-y".to_owned(), verb.into()];
            // Without names it removes all that are needed no more.
            words.extend(names.iter().filter(|_| verb != "autoremove").cloned());
            let command = self.command(program, words);
            let summary = format!("{program} {verb} {}", names.join(" "));
            let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
            let diff = match verb {
                "remove" | "autoremove" => Diff::text("packages", lines, ""),
                _ => Diff::text("packages", "", lines),
            };
            let root = root.clone();
            plan.act_with(summary, diff, async move |host: Host| {
                let before = Installed::of(host.probe(), &root).await?;
                command::run(&host, command).await?;
                let after = Installed::of(host.probe(), &root).await?;
                let results = results(&before, &after);
                Ok(Returns::from_iter([("results".to_owned(), json!(results))]))
            });
        }
    }
}

fn deed(verb: &'static str, names: Vec<String>) -> Vec<Deed> {
    if names.is_empty() {
        return Vec::new();
    }
    vec![(verb, names)]
}

impl Task for Dnf {
    const NAME: &'static str = "dnf";

    fn validate(&self) -> Result<()> {
        self.check()
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let program = command::program(host, &self.use_backend).await?;
        if self.update_cache {
            let words = ["-y", "-q", "makecache"].map(str::to_owned);
            let command = self.command(program, words.to_vec());
            let waits = self.names().is_empty() && !self.autoremove;
            plan.observe("update the package lists", async move |host: Host| {
                command::run(&host, command).await?;
                let mut returns = Returns::new();
                if waits {
                    returns.insert("msg".into(), "Cache updated".into());
                }
                Ok(returns)
            });
        }
        let deeds = if self.names().is_empty() {
            Vec::new()
        } else {
            self.deeds(host, program).await?
        };
        let done = deeds.iter().flat_map(|(verb, names)| {
            let word = if *verb == "remove" {
                "Removed"
            } else {
                "Installed"
            };
            names.iter().map(move |name| format!("{word}: {name}"))
        });
        plan.returns("results", done.collect::<Vec<_>>());
        plan.returns("rc", 0);
        let nothing = deeds.is_empty();
        plan.returns("msg", if nothing { "Nothing to do" } else { "" });
        self.plan_deeds(program, deeds, &mut plan);
        if self.autoremove {
            let words = ["-q", "list", "--autoremove"].map(str::to_owned);
            let output = host
                .query_command(self.command(program, words.to_vec()))
                .await?;
            let unneeded = rpm::updates(&output.text());
            if !unneeded.is_empty() {
                self.plan_deeds(program, deed("autoremove", unneeded), &mut plan);
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What every host needs",
                yaml: "dnf:\n  name: [conntrack-tools, socat, iproute-tc]\n  state: present\n  update_cache: true\n",
            },
            Example {
                title: "A version of the kubelet from a repository that is not used otherwise",
                yaml: "dnf:\n  name: kubelet-1.34.2\n  enablerepo: kubernetes\n  disable_excludes: kubernetes\n  allow_downgrade: true\n",
            },
            Example {
                title: "A package that was put on the host before",
                yaml: "yum:\n  name: /root/k3s-selinux.rpm\n  disable_gpg_check: true\n  disablerepo: \"*\"\n",
            },
            Example {
                title: "Everything in its newest version, but for Kubernetes",
                yaml: "dnf:\n  name: \"*\"\n  state: latest\n  exclude: kube*\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "results",
                "What was installed and removed; in check mode, what was named.",
            ),
            ("rc", "0."),
            ("msg", "`Nothing to do` where that is so."),
        ]
    }
}

#[cfg(test)]
mod tests;

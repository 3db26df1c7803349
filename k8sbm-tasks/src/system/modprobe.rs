//! The `modprobe` module.

use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

const AT_BOOT: &str = "/etc/modules-load.d";
const OPTIONS: &str = "/etc/modprobe.d";

/// Loads and unloads modules of the kernel, now and at boot.
///
/// A module that is built into the kernel counts as loaded.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Modprobe {
    /// The module, such as `br_netfilter`.
    name: String,
    /// Whether it shall be loaded now.
    #[serde(default)]
    state: State,
    /// Parameters to load it with, such as `numdummies=2`. They do not reach a module that is loaded already.
    #[serde(default)]
    params: String,
    /// Whether it shall be loaded at boot: `present` lists it in `/etc/modules-load.d`, and its parameters in
    /// `/etc/modprobe.d`; `absent` comments out what lists it; `disabled`, the default, leaves boot alone.
    #[serde(default)]
    persistent: Persistent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Loaded.
    #[default]
    Present,
    /// Not loaded.
    Absent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Persistent {
    /// As it is.
    #[default]
    Disabled,
    /// Loaded.
    Present,
    /// Not loaded.
    Absent,
}

/// How the kernel has a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Loaded,
    BuiltIn,
    Missing,
}

impl Task for Modprobe {
    const NAME: &'static str = "modprobe";

    fn validate(&self) -> Result<()> {
        if self.name.is_empty() || self.name.contains(['/', ' ']) {
            return Err(Error::arguments(format!(
                "`{}` is no name of a kernel module",
                self.name
            )));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let name = &self.name;
        let mut plan = Plan::default();
        let (at_boot, options, presence) = tokio::join!(
            texts(host, AT_BOOT),
            texts(host, OPTIONS),
            presence(host, name)
        );
        let (at_boot, options) = (at_boot?, options?);
        match (self.state, presence?) {
            (State::Present, Presence::Missing) => {
                let params = self.params.split_whitespace();
                step(
                    &mut plan,
                    ["modprobe", name].into_iter().chain(params),
                    ("absent", "present"),
                );
            }
            (State::Absent, Presence::Loaded) => {
                step(
                    &mut plan,
                    ["modprobe", "-r", name].into_iter(),
                    ("present", "absent"),
                );
            }
            (State::Absent, Presence::BuiltIn) => {
                return Err(Error::failed(format!(
                    "the module {name} is built into the kernel, and cannot be unloaded"
                )));
            }
            _ => {}
        }
        match self.persistent {
            Persistent::Disabled => {}
            Persistent::Present => {
                if !at_boot
                    .iter()
                    .any(|(_, text)| text.lines().any(|line| line.trim() == name))
                {
                    plan.file(host, format!("{AT_BOOT}/{name}.conf"), format!("{name}\n"))
                        .await?;
                }
                let there = options
                    .iter()
                    .flat_map(|(_, text)| text.lines())
                    .any(|line| self.sets(line));
                if !self.params.trim().is_empty() && !there {
                    let line = format!("options {name} {}\n", self.params.trim());
                    plan.file(host, format!("{OPTIONS}/{name}.conf"), line)
                        .await?;
                }
            }
            Persistent::Absent => {
                let listed = |line: &str| line.trim() == name;
                let optional = |line: &str| {
                    let mut words = line.split_whitespace();
                    words.next() == Some("options") && words.next() == Some(name)
                };
                for (path, text) in at_boot {
                    plan.file(host, path, commented(&text, listed)).await?;
                }
                for (path, text) in options {
                    plan.file(host, path, commented(&text, optional)).await?;
                }
            }
        }
        plan.returns("name", name.clone());
        plan.returns("params", self.params.clone());
        plan.returns(
            "state",
            if self.state == State::Present {
                "present"
            } else {
                "absent"
            },
        );
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What containerd and the pod network need, now and at boot",
                yaml: "modprobe:\n  name: \"{{ item }}\"\n  persistent: present\nloop: [overlay, br_netfilter]\n",
            },
            Example {
                title: "A module with parameters",
                yaml: "modprobe:\n  name: dummy\n  params: numdummies=2\n",
            },
            Example {
                title: "Never again",
                yaml: "modprobe:\n  name: pcspkr\n  state: absent\n  persistent: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The module."),
            ("params", "Its parameters."),
            ("state", "`present` or `absent`."),
        ]
    }
}

impl Modprobe {
    /// Whether a line of modprobe.d sets the parameters.
    fn sets(&self, line: &str) -> bool {
        let words = ["options", &self.name]
            .into_iter()
            .chain(self.params.split_whitespace());
        line.split_whitespace().eq(words)
    }
}

/// Asks `/proc/modules` first, and modprobe only for what is not there: built in, or by another name.
async fn presence(host: &Probe, name: &str) -> Result<Presence> {
    let loaded = host.read_text("/proc/modules").await?.unwrap_or_default();
    if lists(&loaded, name) {
        return Ok(Presence::Loaded);
    }
    let output = host.query(["modprobe", "--show-depends", name]).await?;
    let text = output.text();
    // What it depends on comes first, itself last: `builtin NAME` or `insmod /lib/modules/.../NAME.ko.xz`.
    let mut words = text.lines().last().unwrap_or_default().split_whitespace();
    Ok(match (words.next(), words.next()) {
        (Some("builtin"), _) => Presence::BuiltIn,
        (Some("insmod"), Some(path)) => {
            let file = path.rsplit('/').next().unwrap_or_default();
            let real = file.split(".ko").next().unwrap_or_default();
            if lists(&loaded, real) {
                Presence::Loaded
            } else {
                Presence::Missing
            }
        }
        _ => Presence::Missing,
    })
}

/// The kernel writes a dash as an underscore.
fn lists(modules: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    modules
        .lines()
        .any(|line| line.split(' ').next() == Some(&name))
}

/// The `.conf` files of a directory, with their text.
async fn texts(host: &Probe, directory: &str) -> Result<Vec<(String, String)>> {
    let names = host.list(directory).await?;
    let paths: Vec<String> = names
        .iter()
        .flat_map(|names| names.iter())
        .filter(|name| name.ends_with(".conf"))
        .map(|name| format!("{directory}/{name}"))
        .collect();
    let read = paths.iter().map(|path| host.read_text(path));
    let texts = futures::future::try_join_all(read).await?;
    Ok(paths
        .into_iter()
        .zip(texts.into_iter().map(Option::unwrap_or_default))
        .collect())
}

fn commented(text: &str, unwanted: impl Fn(&str) -> bool) -> String {
    let line = |line: &str| {
        let sign = if unwanted(line.trim_end_matches('\n')) {
            "#"
        } else {
            ""
        };
        format!("{sign}{line}")
    };
    text.split_inclusive('\n').map(line).collect()
}

fn step<'a>(plan: &mut Plan, argv: impl Iterator<Item = &'a str>, (before, after): (&str, &str)) {
    let command = Command::new(argv);
    let diff = Diff::text(
        "kernel module",
        format!("state: {before}\n"),
        format!("state: {after}\n"),
    );
    plan.run_command(command, Some(diff));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Desk, probe, told};
    use k8sbm_core::connection::FakeHost;

    #[test]
    fn a_loaded_module_is_found_by_either_spelling() {
        let modules = "br_netfilter 32768 0 - Live 0x0\nbridge 311296 1 br_netfilter, Live 0x0\n";
        assert!(lists(modules, "br_netfilter") && lists(modules, "br-netfilter"));
        assert!(!lists(modules, "br"));
    }

    #[test]
    fn only_the_lines_of_the_module_are_commented_out() {
        let text = "overlay\nbr_netfilter\n# overlay\n";
        assert_eq!(
            commented(text, |line| line.trim() == "overlay"),
            "#overlay\nbr_netfilter\n# overlay\n"
        );
    }

    fn host() -> Probe {
        let depends = |name: &'static str| ["modprobe", "--show-depends", name];
        let host = FakeHost::new()
            .file(
                "/proc/modules",
                "br_netfilter 32768 0 - Live 0x0\nnf_conntrack 1 0 - Live 0x0\n",
            )
            .file("/etc/modules-load.d/k8s.conf", "br_netfilter\n")
            .query(depends("overlay"), "builtin overlay\n")
            .query(
                depends("nf_conntrack_ipv4"),
                "insmod /lib/modules/6.1/kernel/net/nf_conntrack.ko.xz \n",
            )
            .query(
                depends("dummy"),
                "insmod /lib/modules/6.1/kernel/net/dummy.ko \n",
            )
            .query_fails(
                depends("nosuch"),
                1,
                "modprobe: FATAL: Module nosuch not found\n",
            );
        probe(host, Desk::default())
    }

    #[tokio::test]
    async fn a_module_is_loaded_once() {
        assert_eq!(told(&host(), "modprobe", "{name: br-netfilter}").await, "");
        assert_eq!(told(&host(), "modprobe", "{name: overlay}").await, "");
        assert_eq!(
            told(&host(), "modprobe", "{name: nf_conntrack_ipv4}").await,
            ""
        );
        insta::assert_snapshot!(told(&host(), "modprobe", "{name: dummy, params: numdummies=2, persistent: present}").await, @r"
        run modprobe dummy numdummies=2
        - state: absent
        + state: present
        write /etc/modules-load.d/dummy.conf
        + dummy
        write /etc/modprobe.d/dummy.conf
        + options dummy numdummies=2
        ");
        assert!(
            told(&host(), "modprobe", "{name: nosuch}")
                .await
                .starts_with("run modprobe nosuch\n")
        );
    }

    #[tokio::test]
    async fn a_module_is_unloaded_where_it_can_be() {
        insta::assert_snapshot!(told(&host(), "modprobe", "{name: br_netfilter, state: absent, persistent: absent}").await, @r"
        run modprobe -r br_netfilter
        - state: present
        + state: absent
        write /etc/modules-load.d/k8s.conf
        - br_netfilter
        + #br_netfilter
        ");
        assert_eq!(
            told(&host(), "modprobe", "{name: overlay, state: absent}").await,
            "error: the module overlay is built into the kernel, and cannot be unloaded"
        );
    }
}

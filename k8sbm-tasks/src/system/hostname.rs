//! The `hostname` module.

use k8sbm_core::{
    host::Command,
    task::{Diff, Effect, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

const FILE: &str = "/etc/hostname";
const KERNEL: &str = "/proc/sys/kernel/hostname";
/// The kernel keeps no more.
const LONGEST: usize = 64;

/// Sets the host's name, for now and for every boot.
///
/// `/etc/hostname` and the kernel's own idea are both set; `/etc/hosts` is left alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hostname {
    /// The name, with or without its domain.
    name: String,
    /// Taken for Ansible's sake: every Linux host that keeps its name in `/etc/hostname` is served alike.
    #[serde(default, rename = "use")]
    #[expect(dead_code, reason = "taken, and makes no difference")]
    strategy: Option<String>,
}

impl Task for Hostname {
    const NAME: &'static str = "hostname";

    fn validate(&self) -> Result<()> {
        let allowed = |it: char| it.is_ascii_alphanumeric() || ".-_".contains(it);
        if self.name.is_empty() || self.name.len() > LONGEST || !self.name.chars().all(allowed) {
            return Err(
                Error::arguments(format!("`{}` is no name for a host", self.name)).hint(format!(
                    "letters, digits, dots and dashes, {LONGEST} at most"
                )),
            );
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let name = &self.name;
        let (file, kernel) = tokio::join!(host.read_text(FILE), host.read_text(KERNEL));
        let (file, kernel) = (file?.unwrap_or_default(), kernel?.unwrap_or_default());
        let written = file
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        let mut plan = Plan::default();
        if written != Some(name) {
            plan.file(host, FILE, format!("{name}\n")).await?;
        }
        if kernel.trim() != name {
            let diff = Diff::text("hostname", kernel.as_str(), format!("{name}\n"));
            plan.run_command(Command::new(["hostname", name]), Some(diff));
        }
        plan.returns("name", name.clone());
        let (short, domain) = name.split_once('.').unwrap_or((name, ""));
        let mut facts = Returns::new();
        for (fact, value) in [
            ("hostname", short),
            ("nodename", name),
            ("fqdn", name),
            ("domain", domain),
        ] {
            facts.insert(fact.into(), value.into());
        }
        let prefixed: Returns = facts
            .iter()
            .map(|(fact, value)| (format!("ansible_{fact}"), value.clone()))
            .collect();
        plan.returns("ansible_facts", prefixed);
        plan.effect(Effect::Facts(facts));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Every host by its name in the inventory",
                yaml: "hostname:\n  name: \"{{ inventory_hostname }}\"\n",
            },
            Example {
                title: "One name",
                yaml: "hostname:\n  name: cp1.example.org\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The name."),
            (
                "ansible_facts",
                "The facts that follow from it: `ansible_hostname`, `ansible_nodename`, `ansible_fqdn`, `ansible_domain`.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::KERNEL;
    use crate::testing::{Desk, apply_on, plan_on, probe, refusal};
    use k8sbm_core::connection::FakeHost;

    #[tokio::test]
    async fn file_and_kernel_get_the_name() {
        let host = FakeHost::new()
            .file("/etc/hostname", "# old\nnode\n")
            .file(KERNEL, "node\n")
            .command_with(["hostname", "cp1.example.org"], |host, _| {
                host.write(KERNEL, "cp1.example.org\n");
                k8sbm_core::host::Output::default()
            });
        let probe = probe(host.clone(), Desk::default());
        assert!(
            plan_on(&probe, "hostname", "{name: node}")
                .await
                .unwrap()
                .is_empty()
        );
        let returns = apply_on(&probe, "hostname", "{name: cp1.example.org}")
            .await
            .unwrap();
        assert_eq!(returns["ansible_facts"]["ansible_hostname"], "cp1");
        assert_eq!(returns["ansible_facts"]["ansible_domain"], "example.org");
        assert_eq!(
            host.content("/etc/hostname").as_deref(),
            Some("cp1.example.org\n")
        );
        assert!(
            plan_on(&probe, "hostname", "{name: cp1.example.org}")
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_name_must_be_one() {
        assert_eq!(
            refusal("hostname", "{name: 'a b'}").message,
            "`a b` is no name for a host"
        );
        assert!(
            refusal("hostname", &format!("{{name: {}}}", "x".repeat(65)))
                .message
                .ends_with("is no name for a host")
        );
    }
}

//! `setup`: gathers facts.

use super::gathering::Gathering;
use k8sbm_core::task::{Example, Plan, Probe, Result, Sets, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Gathers facts of the host: its distribution, network, memory, devices and more.
///
/// Plays do this by themselves unless they say `gather_facts: false`. All facts come with one question to the host.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Setup {
    /// Which parts to gather: `min`, `hardware`, `network`, `virtual`, `all`, or the name of a fact in one of them; `!`
    /// before it leaves it out. The smallest part always comes, unless `!min` says otherwise.
    #[serde(default)]
    gather_subset: Vec<String>,
    /// Which facts to set, by patterns with `*`, `?` and `[...]`; with or without `ansible_`. All unless given.
    #[serde(default)]
    filter: Vec<String>,
    /// Directory of the host's own facts, `*.fact`; `/etc/ansible/facts.d` unless given.
    fact_path: Option<String>,
    /// Seconds to wait for the facts; without end unless given.
    gather_timeout: Option<u64>,
}

impl Setup {
    fn gathering(&self) -> Gathering<'_> {
        Gathering {
            subset: &self.gather_subset,
            filter: &self.filter,
            fact_path: self.fact_path.as_deref(),
            limit: self.gather_timeout,
        }
    }
}

impl Task for Setup {
    const NAME: &'static str = "setup";
    const SETS: Sets = Sets::Names(&["ansible_facts"]);

    fn validate(&self) -> Result<()> {
        self.gathering().subset().map(drop)
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        self.gathering().plan(host).await
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Gather again after a disk was added, and keep what concerns it",
                yaml: "setup:\n  gather_subset: hardware\n  filter:\n    - ansible_devices\n    - ansible_mounts\n",
            },
            Example {
                title: "Gather only what the network is like",
                yaml: "setup:\n  gather_subset: ['!all', '!min', network]\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_facts",
            "The facts, under names that begin with `ansible_`.",
        )]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, plan_on, probe, refusal};
    use k8sbm_core::{connection::FakeHost, task::Effect};
    use serde_json::json;

    #[tokio::test]
    async fn facts_have_their_names_with_and_without_prefix() {
        let facts = json!({"kernel": "6.1", "os_family": "Debian", "module_setup": true});
        let host = probe(FakeHost::new().facts(facts.clone()), Desk::default());
        let plan = plan_on(&host, "setup", "{}").await.unwrap();
        assert!(plan.steps.is_empty());
        let named =
            json!({"ansible_kernel": "6.1", "ansible_os_family": "Debian", "module_setup": true});
        assert_eq!(plan.returns["ansible_facts"], named);
        assert_eq!(
            plan.effects,
            [Effect::Facts(facts.as_object().unwrap().clone())]
        );
        let plan = plan_on(&host, "setup", "filter: ansible_os*")
            .await
            .unwrap();
        assert_eq!(
            plan.returns["ansible_facts"],
            json!({"ansible_os_family": "Debian"})
        );
    }

    #[test]
    fn parts_that_are_not_there_are_refused() {
        let error = refusal("setup", "gather_subset: netwrok");
        assert!(error.message.contains("`netwrok`"), "{error}");
    }
}

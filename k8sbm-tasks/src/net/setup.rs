//! `setup`: gathers facts.

use super::gathering;
use k8sbm_core::task::{Example, Plan, Probe, Result, Sets, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Gathers facts of the host: its distribution, network, memory, devices and more.
///
/// Plays do this by themselves unless they say `gather_facts: false`. All facts come with one question to the host.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Setup {
    /// Which facts to set, by patterns with `*`, `?` and `[...]`; with or without `ansible_`. All unless given.
    #[serde(default)]
    filter: Vec<String>,
}

impl Task for Setup {
    const NAME: &'static str = "setup";
    const SETS: Sets = Sets::Names(&["ansible_facts"]);

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        gathering::plan(host, &self.filter).await
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Gather again after a disk was added, and keep what concerns it",
            yaml: "setup:\n  filter:\n    - ansible_devices\n    - ansible_mounts\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_facts",
            "The facts, under names that begin with `ansible_`.",
        )]
    }
}

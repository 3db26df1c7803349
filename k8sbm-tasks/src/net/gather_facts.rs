//! `gather_facts`: gathers facts, as a play does when it begins.

use super::gathering;
use k8sbm_core::task::{Example, Plan, Probe, Result, Sets, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Gathers facts, as a play does when it begins.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GatherFacts {
    /// Has no effect: the facts of a host come with one question.
    parallel: Option<bool>,
}

impl Task for GatherFacts {
    const NAME: &'static str = "gather_facts";
    const SETS: Sets = Sets::Names(&["ansible_facts"]);

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = gathering::plan(host, &[]).await?;
        if self.parallel.is_some() {
            plan.warn("`parallel` has no effect: the facts of a host come with one question");
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Gather facts once the host is there",
            yaml: "gather_facts:\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_facts",
            "The facts, under names that begin with `ansible_`.",
        )]
    }
}

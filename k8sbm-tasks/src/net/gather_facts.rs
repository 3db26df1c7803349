//! `gather_facts`: gathers facts, as a play does when it begins.

use super::gathering::Gathering;
use k8sbm_core::task::{Example, Plan, Probe, Result, Sets, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Gathers facts, as a play does when it begins.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GatherFacts {
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
    /// Has no effect: the facts of a host come with one question.
    parallel: Option<bool>,
}

impl GatherFacts {
    fn gathering(&self) -> Gathering<'_> {
        Gathering {
            subset: &self.gather_subset,
            filter: &self.filter,
            fact_path: self.fact_path.as_deref(),
            limit: self.gather_timeout,
        }
    }
}

impl Task for GatherFacts {
    const NAME: &'static str = "gather_facts";
    const SETS: Sets = Sets::Names(&["ansible_facts"]);

    fn validate(&self) -> Result<()> {
        self.gathering().subset().map(drop)
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = self.gathering().plan(host).await?;
        if self.parallel.is_some() {
            plan.warn("`parallel` has no effect: the facts of a host come with one question");
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Gather facts once the host is there",
            yaml: "- wait_for_connection:\n- gather_facts:\n    gather_subset: '!hardware'\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_facts",
            "The facts, under names that begin with `ansible_`.",
        )]
    }
}

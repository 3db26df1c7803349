//! `cluster_inventory`: refuses an inventory that no cluster can be built from.

use super::inventory_mistakes;
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Refuses an inventory that no cluster can be built from.
///
/// It looks at no host: it reads the variables of all hosts, and names all that is wrong with its place: networks that
/// overlap, an API address that services could be given, an even number of etcd members, a version that is not
/// supported, values that are missing. `k8sbm lint -i INVENTORY` says the same without a playbook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::kubernetes) struct ClusterInventory {}

impl Task for ClusterInventory {
    const NAME: &'static str = "cluster_inventory";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let Some(survey) = host.controller().survey() else {
            return Err(Error::failed("there is no inventory to look at here"));
        };
        let mistakes = inventory_mistakes(&survey);
        let mut plan = Plan::default();
        if mistakes.is_empty() {
            plan.returns("msg", "a cluster can be built from this inventory");
            return Ok(plan);
        }
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        let message = match lines.len() {
            1 => lines.concat(),
            count => format!("{count} mistakes in the inventory:\n{}", lines.join("\n")),
        };
        Err(Error::failed(message).returning("mistakes", lines))
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Look at the inventory before any host is touched",
            yaml: "cluster_inventory:\nrun_once: true\ndelegate_to: localhost\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("msg", "That all is well."),
            ("mistakes", "What is wrong, a text each; where it fails."),
        ]
    }
}

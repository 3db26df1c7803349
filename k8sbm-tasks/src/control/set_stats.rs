//! `set_stats`: values for the recap.

use super::variable::check_name;
use k8sbm_core::task::{Effect, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Keeps values that the recap of the run shows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetStats {
    /// The values, by name.
    data: Returns,
    /// Whether each host has its own values. Otherwise they belong to the whole run.
    #[serde(default)]
    per_host: bool,
    /// Whether a value joins the one that is there: numbers add up, lists and mappings grow. Otherwise it replaces it.
    #[serde(default = "yes")]
    aggregate: bool,
}

fn yes() -> bool {
    true
}

impl Task for SetStats {
    const NAME: &'static str = "set_stats";

    fn validate(&self) -> Result<()> {
        self.data.keys().try_for_each(|name| check_name(name))
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (data, per_host, aggregate) = (&self.data, self.per_host, self.aggregate);
        let stats = json!({"data": data, "per_host": per_host, "aggregate": aggregate});
        plan.returns("ansible_stats", stats);
        plan.effect(Effect::Stats {
            values: data.clone(),
            per_host,
            aggregate,
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Count the nodes that joined",
                yaml: "set_stats:\n  data:\n    joined: 1\nwhen: join is changed\n",
            },
            Example {
                title: "Say which version each host runs",
                yaml: "set_stats:\n  data:\n    kubelet: \"{{ kubelet_version.stdout }}\"\n  per_host: true\n  aggregate: false\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_stats",
            "The values under `data`, with `per_host` and `aggregate`.",
        )]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{plan, refusal};
    use k8sbm_core::task::Effect;
    use serde_json::json;

    #[tokio::test]
    async fn values_go_to_the_recap() {
        let plan = plan("set_stats", "{data: {joined: 1}, per_host: yes}")
            .await
            .unwrap();
        let stats = json!({"data": {"joined": 1}, "per_host": true, "aggregate": true});
        assert_eq!(plan.returns["ansible_stats"], stats);
        let Effect::Stats {
            values,
            per_host,
            aggregate,
        } = &plan.effects[0]
        else {
            panic!("{:?}", plan.effects)
        };
        assert_eq!(
            (values["joined"].as_i64(), *per_host, *aggregate),
            (Some(1), true, true)
        );
    }

    #[test]
    fn names_are_those_of_variables() {
        let error = refusal("set_stats", "data: {a-b: 1}");
        assert_eq!(error.message, "Invalid variable name 'a-b'");
    }
}

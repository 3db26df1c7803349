//! `set_stats`: values for the recap.

use super::variable::check_name;
use k8sbm_core::{
    node::Node,
    task::{Effect, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

/// Keeps values that the recap of the run shows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetStats {
    /// The values, by name.
    #[schemars(with = "Returns")]
    data: Json,
    /// Whether each host has its own values. Otherwise they belong to the whole run.
    #[serde(default, deserialize_with = "lenient")]
    per_host: bool,
    /// Whether a value joins the one that is there: numbers add up, lists and mappings grow. Otherwise it replaces it.
    /// As in Ansible, text that is no boolean counts as false.
    #[serde(default = "yes", deserialize_with = "lenient")]
    aggregate: bool,
}

fn yes() -> bool {
    true
}

/// A switch in any of Ansible's words; what is none of them is off.
fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let word = Node::deserialize(deserializer)?
        .to_text()
        .unwrap_or_default();
    let on = ["true", "yes", "on", "y", "t", "1"];
    Ok(on.contains(&word.to_lowercase().as_str()))
}

impl SetStats {
    fn values(&self) -> Result<&Returns> {
        self.data
            .as_object()
            .ok_or_else(|| Error::arguments("The 'data' option needs to be a dictionary/hash"))
    }
}

impl Task for SetStats {
    const NAME: &'static str = "set_stats";

    fn validate(&self) -> Result<()> {
        self.values()?.keys().try_for_each(|name| check_name(name))
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (data, per_host, aggregate) = (self.values()?, self.per_host, self.aggregate);
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

    #[tokio::test]
    async fn switches_are_read_as_ansible_reads_them() {
        let stats = async |more: &str| {
            let plan = plan("set_stats", &format!("{{data: {{a: 1}}, {more}}}")).await;
            plan.unwrap().returns["ansible_stats"].clone()
        };
        let some = stats("per_host: 'yes', aggregate: x").await;
        assert_eq!(
            (&some["per_host"], &some["aggregate"]),
            (&json!(true), &json!(false))
        );
    }

    #[test]
    fn values_have_names() {
        let error = refusal("set_stats", "data: [1, 2]");
        assert_eq!(
            error.message,
            "The 'data' option needs to be a dictionary/hash"
        );
    }

    #[test]
    fn names_are_those_of_variables() {
        let error = refusal("set_stats", "data: {a-b: 1}");
        assert_eq!(error.message, "Invalid variable name 'a-b'");
    }
}

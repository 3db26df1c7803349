//! `set_fact`: sets variables.

use super::{free_keys, variable::check_name};
use k8sbm_core::{
    node::Node,
    task::{Effect, Error, Example, Plan, Probe, Result, Returns, Sets, Task},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// Sets variables of a host, by name, for the rest of the run.
pub(super) struct SetFact {
    values: Returns,
    cacheable: bool,
}

impl<'de> Deserialize<'de> for SetFact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Known {
            #[serde(default)]
            cacheable: bool,
        }
        let arguments = Node::deserialize(deserializer)?;
        let (Known { cacheable }, values) = free_keys::read(&arguments, &["cacheable"])?;
        Ok(Self { values, cacheable })
    }
}

impl JsonSchema for SetFact {
    fn schema_name() -> Cow<'static, str> {
        "SetFact".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut cacheable = generator.subschema_for::<bool>();
        cacheable.insert(
            "description".into(),
            "Sets the variables as facts too, so that they stand under `ansible_facts`. They then have the precedence of facts as well as that of `set_fact`.".into(),
        );
        cacheable.insert("default".into(), false.into());
        json_schema!({
            "type": "object",
            "description": "Sets variables of a host, by name, for the rest of the run.",
            "properties": { "cacheable": cacheable },
            "additionalProperties": true,
            "minProperties": 1,
        })
    }
}

impl Task for SetFact {
    const NAME: &'static str = "set_fact";
    const SETS: Sets = Sets::Arguments;

    fn validate(&self) -> Result<()> {
        if self.values.is_empty() {
            return Err(Error::arguments("no variable is set")
                .hint("write its name and value as `name: value`"));
        }
        self.values.keys().try_for_each(|name| check_name(name))
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        plan.returns("ansible_facts", self.values.clone());
        plan.effect(Effect::Variables {
            values: self.values.clone(),
            cacheable: self.cacheable,
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Name the endpoint of the API",
                yaml: "set_fact:\n  api_endpoint: \"{{ api_vip }}:6443\"\n",
            },
            Example {
                title: "Collect the peers of etcd",
                yaml: "set_fact:\n  etcd_peers: \"{{ groups.etcd | map('extract', hostvars, 'ansible_host') | list }}\"\n  etcd_members: \"{{ groups.etcd | length }}\"\n  cacheable: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("ansible_facts", "The variables that were set.")]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{parse, plan};
    use k8sbm_core::task::Effect;
    use serde_json::json;

    #[tokio::test]
    async fn variables_keep_their_types() {
        let plan = plan("set_fact", "{a: [1, x], b: {c: yes}, cacheable: 'yes'}").await;
        let plan = plan.unwrap();
        assert!(plan.is_empty());
        let values = json!({"a": [1, "x"], "b": {"c": true}});
        assert_eq!(plan.returns["ansible_facts"], values);
        let values = values.as_object().unwrap().clone();
        let cacheable = true;
        assert_eq!(plan.effects, [Effect::Variables { values, cacheable }]);
    }

    #[test]
    fn what_no_expression_can_name_is_refused() {
        for arguments in ["{}", "cacheable: true", "a-b: 1", "1: 2"] {
            assert!(parse("set_fact", arguments).is_err(), "{arguments}");
        }
    }
}

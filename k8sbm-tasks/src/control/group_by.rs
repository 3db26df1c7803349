//! `group_by`: groups hosts by what is known of them.

use k8sbm_core::task::{Effect, Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Puts each host into a group named after what is known of it, for later plays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupBy {
    /// The name of the group, a different one for each host as a rule; blanks become `-`.
    key: String,
    /// The groups that contain it.
    #[serde(default = "all")]
    parents: Vec<String>,
}

fn all() -> Vec<String> {
    vec!["all".into()]
}

impl Task for GroupBy {
    const NAME: &'static str = "group_by";

    fn validate(&self) -> Result<()> {
        if self.key.is_empty() {
            return Err(Error::arguments("`key` is empty"));
        }
        Ok(())
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let group = self.key.replace(' ', "-");
        let parents: Vec<_> = self
            .parents
            .iter()
            .map(|name| name.replace(' ', "-"))
            .collect();
        let mut plan = Plan::default();
        plan.returns("add_group", group.as_str());
        plan.returns("parent_groups", parents.clone());
        plan.effect(Effect::GroupBy { group, parents });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Group by distribution",
                yaml: "group_by:\n  key: os_{{ ansible_facts.distribution }}\n",
            },
            Example {
                title: "Group by architecture, within the workers",
                yaml: "group_by:\n  key: workers_{{ ansible_facts.architecture }}\n  parents: workers\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("add_group", "The group."),
            ("parent_groups", "The groups that contain it."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::plan;
    use k8sbm_core::task::Effect;

    #[tokio::test]
    async fn blanks_become_dashes() {
        let plan = plan("group_by", "{key: os Debian 12, parents: 'my os, all'}")
            .await
            .unwrap();
        let (group, parents) = (
            "os-Debian-12".to_owned(),
            vec!["my-os".to_owned(), "all".to_owned()],
        );
        assert_eq!(plan.returns["add_group"], group.as_str());
        assert_eq!(plan.effects, [Effect::GroupBy { group, parents }]);
    }
}

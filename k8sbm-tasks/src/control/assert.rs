//! `assert`: checks what must hold.

use super::{
    expression::{Expression, Expressions},
    message::Message,
};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Fails unless all of its expressions are true.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assert {
    /// The expressions, written without braces as in `when`; one, or a list.
    that: Expressions,
    /// What to say where one is not true: text, or a list of lines.
    #[serde(alias = "msg")]
    #[schemars(extend("aliases" = ["msg"]))]
    fail_msg: Option<Message>,
    /// What to say where all are true: text, or a list of lines.
    success_msg: Option<Message>,
    /// Says nothing of what is true.
    #[serde(default)]
    quiet: bool,
}

impl Assert {
    fn judge(&self, expression: &Expression) -> Result<()> {
        let text = &expression.text;
        let given = expression.given.as_ref().map_err(|error| {
            Error::failed(format!("`{text}` cannot be judged: {error}"))
                .returning("assertion", text.as_str())
        })?;
        if given.holds {
            return Ok(());
        }
        let message = match &self.fail_msg {
            Some(message) => message.joined(),
            None => format!("Assertion failed: {text}"),
        };
        Err(Error::failed(message)
            .returning("assertion", text.as_str())
            .returning("evaluated_to", given.value.clone()))
    }
}

impl Task for Assert {
    const NAME: &'static str = "assert";
    const CONDITIONS: &'static [&'static str] = &["that"];

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        self.that.0.iter().try_for_each(|that| self.judge(that))?;
        let mut plan = Plan::default();
        let passed = || Message::text("All assertions passed");
        let message = self.success_msg.clone().unwrap_or_else(passed);
        plan.returns("msg", message.value());
        if self.quiet {
            plan.returns("_ansible_verbosity_required", 1);
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Check that etcd can have a majority",
                yaml: "assert:\n  that: groups.etcd | length is not divisibleby(2)\n  fail_msg: etcd needs an odd number of members\nrun_once: true\n",
            },
            Example {
                title: "Check a host before it becomes a control plane",
                yaml: "assert:\n  that:\n    - ansible_facts.memtotal_mb >= 1700\n    - ansible_facts.processor_vcpus >= 2\n    - ansible_facts.swaptotal_mb == 0\n  fail_msg: \"{{ inventory_hostname }} is too small, or has swap\"\n  success_msg: fit for a control plane\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("msg", "The message for what came out."),
            ("assertion", "The expression that is not true."),
            ("evaluated_to", "What it is instead."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::plan;
    use serde_json::json;

    #[tokio::test]
    async fn what_holds_passes() {
        let all = "{that: [{expression: a, value: true, holds: true}, {expression: b, value: [1], holds: true}], quiet: yes}";
        let returns = plan("assert", all).await.unwrap().returns;
        assert_eq!(returns["msg"], "All assertions passed");
        assert_eq!(returns["_ansible_verbosity_required"], 1);
        let lines =
            "{that: {expression: a, value: true, holds: true}, success_msg: [fine, indeed]}";
        let returns = plan("assert", lines).await.unwrap().returns;
        assert_eq!(returns["msg"], json!(["fine", "indeed"]));
    }

    #[tokio::test]
    async fn what_does_not_hold_is_named() {
        let all = "that: [{expression: a, value: true, holds: true}, {expression: b > 1, value: false, holds: false}, {expression: c, value: 0, holds: false}]";
        let error = plan("assert", all).await.unwrap_err();
        assert_eq!(error.message, "Assertion failed: b > 1");
        assert_eq!(error.returns["assertion"], "b > 1");
        assert_eq!(error.returns["evaluated_to"], false);
        let own = "{that: {expression: a, value: '', holds: false}, msg: never}";
        assert_eq!(plan("assert", own).await.unwrap_err().message, "never");
        let lost = "that: {expression: a.b, error: '`a` is undefined'}";
        let error = plan("assert", lost).await.unwrap_err();
        assert_eq!(error.message, "`a.b` cannot be judged: `a` is undefined");
    }
}

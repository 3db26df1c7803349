//! `debug`: prints.

use super::expression::Expression;
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// Prints a message or the value of a variable.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Debug {
    /// What to print: text, or any other value. `Hello world!` unless this or `var` is given.
    msg: Option<Json>,
    /// An expression whose value is printed, written without braces. Excludes `msg`.
    #[schemars(with = "Option<String>")]
    var: Option<Expression>,
    /// Prints only when the run is at least this verbose (`-v` is 1), and is skipped otherwise. 0 prints always.
    #[serde(default)]
    verbosity: u32,
}

impl Task for Debug {
    const NAME: &'static str = "debug";
    const EXPRESSIONS: &'static [&'static str] = &["var"];

    fn validate(&self) -> Result<()> {
        if self.msg.is_some() && self.var.is_some() {
            return Err(Error::arguments("`msg` and `var` are mutually exclusive"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let verbosity = host.controller().variable("ansible_verbosity");
        let verbosity = verbosity.and_then(|it| it.as_u64()).unwrap_or(0);
        if u64::from(self.verbosity) > verbosity {
            let reason = "Verbosity threshold not met.";
            let mut plan = Plan::skip(reason);
            plan.returns("skipped", true)
                .returns("skipped_reason", reason);
            return Ok(plan);
        }
        let mut plan = Plan::default();
        match (&self.var, &self.msg) {
            (Some(var), _) => {
                let value = match &var.given {
                    Ok(given) => {
                        if given.omitted {
                            plan.warn("`var` gave `omit`, and could not be omitted");
                        }
                        given.value.clone()
                    }
                    Err(error) if error.contains("undefined") => {
                        plan.warn(error.as_str());
                        format!("<< error 1 - {error} >>").into()
                    }
                    Err(error) => return Err(Error::failed(error).context(&var.text)),
                };
                plan.returns(var.text.trim(), value);
            }
            (None, Some(msg)) => {
                plan.returns("msg", msg.clone());
            }
            (None, None) => {
                plan.returns("msg", "Hello world!");
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Say which host leads the control plane",
                yaml: "debug:\n  msg: \"{{ inventory_hostname }} leads\"\nwhen: inventory_hostname == groups.control_plane[0]\n",
            },
            Example {
                title: "Show what a task returned",
                yaml: "- command: kubeadm version -o short\n  register: kubeadm\n  changed_when: false\n- debug:\n    var: kubeadm.stdout\n",
            },
            Example {
                title: "Show all of a host's variables to those who ask for it with -vv",
                yaml: "debug:\n  var: hostvars[inventory_hostname]\n  verbosity: 2\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "msg",
            "The message; with `var` the value stands under the name of the variable instead.",
        )]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{plan, refusal};
    use serde_json::json;

    #[tokio::test]
    async fn a_message_keeps_its_type() {
        let debug = async |arguments| plan("debug", arguments).await.unwrap().returns;
        assert_eq!(debug("{}").await["msg"], "Hello world!");
        assert_eq!(debug("msg: {a: [1]}").await["msg"], json!({"a": [1]}));
        let quiet = plan("debug", "{msg: hi, verbosity: 2}").await.unwrap();
        assert_eq!(quiet.skipped.unwrap(), "Verbosity threshold not met.");
    }

    #[tokio::test]
    async fn a_variable_is_told_by_its_name() {
        let debug = async |arguments| plan("debug", arguments).await.unwrap().returns;
        let found = debug("var: {expression: a.b, value: [1]}").await;
        assert_eq!(found["a.b"], json!([1]));
        let lost = debug("var: {expression: a.c, error: it is undefined}").await;
        assert_eq!(lost["a.c"], "<< error 1 - it is undefined >>");
        let wrong = plan("debug", "var: {expression: a b, error: unexpected name}").await;
        assert_eq!(wrong.unwrap_err().message, "a b: unexpected name");
    }

    #[test]
    fn a_message_and_a_variable_exclude_each_other() {
        let error = refusal("debug", "{msg: a, var: {expression: b, value: 1}}");
        assert_eq!(error.message, "`msg` and `var` are mutually exclusive");
    }
}

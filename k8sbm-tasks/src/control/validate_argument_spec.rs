//! `validate_argument_spec`: whether variables are what a role or a play says they are.

mod conversion;
mod level;
mod rules;

use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Checks variables against a specification, as a role with `argument_specs` and a play with `validate_argspec` do by
/// themselves.
///
/// All that is wrong is told at once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidateArgumentSpec {
    /// What each variable must be, by its name: `type` (`str`, `int`, `float`, `bool`, `list`, `dict`, `path`, `raw`,
    /// `bytes`, `bits`, `json`, `jsonarg`), `required`, `default`, `choices`, `elements`, and `options` of dictionaries.
    argument_spec: Returns,
    /// Values that go before the variables of the same name.
    #[serde(default)]
    provided_arguments: Returns,
    /// What this is about; it is returned as it is.
    #[serde(default)]
    validate_args_context: Returns,
}

impl Task for ValidateArgumentSpec {
    const NAME: &'static str = "validate_argument_spec";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        // What tasks before it register is there when it is its turn.
        host.only_in_turn()?;
        let known = self.argument_spec.keys();
        let mut given: Returns = known
            .filter_map(|name| Some((name.clone(), host.controller().variable(name)?)))
            .collect();
        given.extend(self.provided_arguments.clone());
        let errors = level::errors(&self.argument_spec, given);
        let context = json!(self.validate_args_context);
        if !errors.is_empty() {
            let all = errors.join("\n");
            return Err(
                Error::failed(format!("Validation of arguments failed:\n{all}"))
                    .returning("argument_errors", json!(errors))
                    .returning("argument_spec_data", json!(self.argument_spec))
                    .returning("validate_args_context", context),
            );
        }
        let mut plan = Plan::default();
        plan.returns("msg", "The arg spec validation passed")
            .returns("validate_args_context", context);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A port and a list of servers",
                yaml: "validate_argument_spec:\n  argument_spec:\n    port:\n      type: int\n      required: true\n    servers:\n      type: list\n      elements: str\n",
            },
            Example {
                title: "Values that are no variables of this host",
                yaml: "validate_argument_spec:\n  argument_spec:\n    mode:\n      choices: [vxlan, host-gw]\n  provided_arguments:\n    mode: \"{{ hostvars[groups.control_plane[0]].flannel_backend | default('vxlan') }}\"\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("argument_errors", "What is wrong, where something is."),
            (
                "argument_spec_data",
                "The specification, where something is wrong.",
            ),
            ("validate_args_context", "What this was about."),
        ]
    }
}

#[cfg(test)]
mod tests;

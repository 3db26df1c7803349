//! The `systemd` module.

use super::{
    systemctl::{Scope, Systemctl},
    unit::Unit,
};
use k8sbm_core::task::{Diff, Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Manages systemd units: what runs now, what starts at boot, what must never start.
///
/// A unit that does not exist is an error, also where it should be stopped. `restarted` and `reloaded` always act.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Systemd {
    /// The unit: `containerd`, `containerd.service`, `fstrim.timer`, `getty@tty1`.
    #[serde(alias = "service", alias = "unit")]
    #[schemars(extend("aliases" = ["service", "unit"]))]
    pub(super) name: Option<String>,
    /// Whether it shall run. `restarted` and `reloaded` start it where it does not run.
    pub(super) state: Option<State>,
    /// Whether it shall start at boot.
    pub(super) enabled: Option<bool>,
    /// Whether nothing may start it, neither by hand nor as a dependency.
    pub(super) masked: Option<bool>,
    /// Lets systemd read its unit files again, before anything else. Counts as no change.
    #[serde(alias = "daemon-reload")]
    #[schemars(extend("aliases" = ["daemon-reload"]))]
    pub(super) daemon_reload: bool,
    /// Starts systemd itself anew, keeping its state, before anything else. Counts as no change.
    #[serde(alias = "daemon-reexec")]
    #[schemars(extend("aliases" = ["daemon-reexec"]))]
    pub(super) daemon_reexec: bool,
    /// Whose systemd: the host's (default), the user's who acts, or that of every user.
    pub(super) scope: Scope,
    /// Does not wait until the unit has started or stopped.
    pub(super) no_block: bool,
    /// Replaces links that stand in the way when a unit is enabled or masked.
    pub(super) force: bool,
}

/// Whether a unit shall run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It runs.
    #[serde(alias = "running")]
    Started,
    /// It does not run.
    Stopped,
    /// It is stopped and started, whether it runs or not.
    Restarted,
    /// It reads its configuration again.
    Reloaded,
}

impl Task for Systemd {
    const NAME: &'static str = "systemd";

    fn validate(&self) -> Result<()> {
        let unit = [
            (self.state.is_some(), "state"),
            (self.enabled.is_some(), "enabled"),
            (self.masked.is_some(), "masked"),
        ];
        let asked = unit.iter().find(|(is, _)| *is).map(|(_, name)| name);
        match (&self.name, asked) {
            (None, Some(asked)) => {
                return Err(Error::arguments(format!(
                    "`{asked}` needs the `name` of a unit"
                )));
            }
            (_, None) if !self.daemon_reload && !self.daemon_reexec => {
                return Err(Error::arguments("nothing is asked of systemd").hint(
                    "give `state`, `enabled`, `masked`, `daemon_reload` or `daemon_reexec`",
                ));
            }
            _ => {}
        }
        if let Some(name) = self
            .name
            .as_deref()
            .filter(|it| it.contains(['*', '?', '[']))
        {
            return Err(Error::arguments(format!(
                "`{name}` is a pattern; a unit is managed by its name"
            )));
        }
        if self.scope == Scope::Global && self.state.is_some() {
            return Err(Error::arguments(
                "with `scope: global` no unit runs, so there is no `state`",
            ));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let systemctl = Systemctl {
            scope: self.scope,
            no_block: self.no_block,
            force: self.force,
        };
        for (asked, action) in [
            (self.daemon_reload, "daemon-reload"),
            (self.daemon_reexec, "daemon-reexec"),
        ] {
            if asked {
                let systemctl = systemctl.clone();
                plan.observe(format!("systemctl {action}"), move |host| {
                    systemctl.act(host, action.into(), String::new())
                });
            }
        }
        if let Some(name) = &self.name {
            self.plan_unit(host, &mut plan, &systemctl, name).await?;
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Run containerd, now and after every boot",
                yaml: "systemd:\n  name: containerd\n  state: started\n  enabled: true\n  daemon_reload: true\n",
            },
            Example {
                title: "Restart the kubelet",
                yaml: "systemd:\n  name: kubelet\n  state: restarted\n",
            },
            Example {
                title: "Let nothing start the firewall",
                yaml: "systemd:\n  name: firewalld\n  state: stopped\n  enabled: false\n  masked: true\n",
            },
            Example {
                title: "Read new unit files",
                yaml: "systemd:\n  daemon_reload: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The unit, as the task calls it."),
            ("state", "`started` or `stopped`: how it is after the task."),
            ("enabled", "Whether it starts at boot, after the task."),
            (
                "status",
                "What `systemctl show` said of it before, less its counters.",
            ),
        ]
    }
}

impl Systemd {
    async fn plan_unit(
        &self,
        host: &Probe,
        plan: &mut Plan,
        systemctl: &Systemctl,
        name: &str,
    ) -> Result<()> {
        let unit = Unit::of(host, systemctl, name).await?;
        plan.returns("name", name);
        plan.returns("status", unit.status.clone());
        if let Some(error) = unit.load_error() {
            return Err(Error::failed(format!(
                "Error loading unit file '{name}': {error}"
            )));
        }
        if !unit.exists() && (self.state.is_some() || self.enabled.is_some()) {
            return Err(unit.missing(host, systemctl).await);
        }
        self.plan_mask(plan, systemctl, &unit, name);
        self.plan_boot(plan, systemctl, &unit)?;
        self.plan_state(plan, systemctl, &unit)
    }

    fn plan_mask(&self, plan: &mut Plan, systemctl: &Systemctl, unit: &Unit, name: &str) {
        match self.masked {
            Some(true) if !unit.is_masked() => {
                step(plan, systemctl, "mask", name, ("masked: no", "masked: yes"));
            }
            Some(false) if unit.is_masked() => {
                step(
                    plan,
                    systemctl,
                    "unmask",
                    name,
                    ("masked: yes", "masked: no"),
                );
            }
            _ => {}
        }
    }

    fn plan_boot(&self, plan: &mut Plan, systemctl: &Systemctl, unit: &Unit) -> Result<()> {
        let Some(enabled) = self.enabled else {
            return Ok(());
        };
        plan.returns("enabled", enabled);
        if unit.is_masked() {
            // What is masked does not start at boot; to enable it takes `masked: false` as well.
            if enabled && self.masked != Some(false) {
                return Err(masked(unit));
            }
            if !enabled || self.masked == Some(true) {
                return Ok(());
            }
        }
        if unit.is_enabled() == enabled {
            return Ok(());
        }
        if unit.is_static() {
            plan.warn(format!(
                "{} is {}: other units start it, so it cannot be disabled; it can be masked",
                unit.id(),
                unit.file_state()
            ));
            plan.returns("enabled", true);
            return Ok(());
        }
        let (action, after) = if enabled {
            ("enable", "enabled: yes")
        } else {
            ("disable", "enabled: no")
        };
        let before = format!("enabled: {}", if enabled { "no" } else { "yes" });
        step(plan, systemctl, action, unit.id(), (&before, after));
        Ok(())
    }

    fn plan_state(&self, plan: &mut Plan, systemctl: &Systemctl, unit: &Unit) -> Result<()> {
        let Some(state) = self.state else {
            return Ok(());
        };
        if !unit.is_known() {
            return Err(
                Error::failed("systemd does not run on the host, so no unit runs")
                    .hint("in an image, say `enabled` alone"),
            );
        }
        let running = unit.is_running();
        let (action, after) = match state {
            State::Stopped if running || unit.is_stopping() => ("stop", "stopped"),
            State::Stopped => ("", "stopped"),
            State::Started if running => ("", "started"),
            State::Restarted if running => ("restart", "started"),
            State::Reloaded if running => ("reload", "started"),
            _ => ("start", "started"),
        };
        plan.returns("state", after);
        if action.is_empty() {
            return Ok(());
        }
        if action == "start" && unit.is_masked() && self.masked != Some(false) {
            return Err(masked(unit));
        }
        let before = format!("state: {}", if running { "started" } else { "stopped" });
        let after = match action {
            "restart" => "state: started again".to_owned(),
            "reload" => "state: started, configuration read again".to_owned(),
            _ => format!("state: {after}"),
        };
        step(plan, systemctl, action, unit.id(), (&before, &after));
        Ok(())
    }
}

fn masked(unit: &Unit) -> Error {
    Error::failed(format!("{} is masked: nothing can start it", unit.id()))
        .hint("`masked: false` in the same task unmasks it first")
}

fn step(
    plan: &mut Plan,
    systemctl: &Systemctl,
    action: &'static str,
    unit: &str,
    (before, after): (&str, &str),
) {
    let diff = Diff::text(unit, format!("{before}\n"), format!("{after}\n"));
    let (systemctl, name) = (systemctl.clone(), unit.to_owned());
    plan.act_with(format!("systemctl {action} {unit}"), diff, move |host| {
        systemctl.act(host, action.into(), name)
    });
}

#[cfg(test)]
mod tests;

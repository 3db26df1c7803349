//! The `service` module.

use super::{
    systemctl::Scope,
    systemd::{State, Systemd},
};
use k8sbm_core::task::{Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Manages services: what runs now, and what starts at boot.
///
/// Hosts are expected to run systemd; `systemd` has more arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// The service.
    name: String,
    /// Whether it shall run. `restarted` and `reloaded` always act, and start it where it does not run.
    #[serde(default)]
    state: Option<State>,
    /// Whether it shall start at boot.
    #[serde(default)]
    enabled: Option<bool>,
    /// Lets systemd read its unit files again, before anything else. Counts as no change.
    #[serde(default, alias = "daemon-reload")]
    #[schemars(extend("aliases" = ["daemon-reload"]))]
    daemon_reload: bool,
    /// Whose systemd: the host's (default), the user's who acts, or that of every user.
    #[serde(default)]
    scope: Scope,
    /// Whether nothing may start it.
    #[serde(default)]
    masked: Option<bool>,
    /// Does not wait until the service has started or stopped.
    #[serde(default)]
    no_block: bool,
    /// Taken for Ansible's sake: init scripts needed it, systemd does not.
    #[serde(default, alias = "args")]
    #[schemars(extend("aliases" = ["args"]))]
    #[expect(dead_code, reason = "taken, and of no use with systemd")]
    arguments: Option<String>,
    /// Taken for Ansible's sake: systemd knows whether a service runs.
    #[serde(default)]
    #[expect(dead_code, reason = "taken, and of no use with systemd")]
    pattern: Option<String>,
    /// Taken for Ansible's sake: systemd waits until a service has stopped.
    #[serde(default)]
    #[expect(dead_code, reason = "taken, and of no use with systemd")]
    sleep: Option<u32>,
    /// Taken for Ansible's sake: systemd has no runlevels.
    #[serde(default)]
    #[expect(dead_code, reason = "taken, and of no use with systemd")]
    runlevel: Option<String>,
    /// Taken for Ansible's sake: systemd is what is used.
    #[serde(default, rename = "use")]
    #[expect(dead_code, reason = "taken, and of no use with systemd")]
    manager: Option<String>,
}

impl Service {
    fn unit(&self) -> Systemd {
        Systemd {
            name: Some(self.name.clone()),
            state: self.state,
            enabled: self.enabled,
            masked: self.masked,
            daemon_reload: self.daemon_reload,
            scope: self.scope,
            no_block: self.no_block,
            ..Systemd::default()
        }
    }
}

impl Task for Service {
    const NAME: &'static str = "service";

    fn validate(&self) -> Result<()> {
        self.unit().validate()
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        self.unit().plan(host).await
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Run the kubelet, now and after every boot",
                yaml: "service:\n  name: kubelet\n  state: started\n  enabled: true\n",
            },
            Example {
                title: "Let containerd read its new configuration",
                yaml: "service:\n  name: containerd\n  state: restarted\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        Systemd::returns()
    }
}

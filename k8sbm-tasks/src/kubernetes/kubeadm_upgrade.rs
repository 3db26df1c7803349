//! The `kubeadm_upgrade` module.

mod standing;
mod upgrading;

use super::{
    kubeadm::{no_check_passes_all, node_name},
    version::Version,
};
use k8sbm_core::task::{Diff, Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use standing::{NodeStanding, Part};
use std::time::Duration;
use upgrading::Upgrading;

/// Brings a node of a cluster to another release, as `kubeadm upgrade` does: its part of the control plane, where it has
/// one, and what its kubelet reads.
///
/// The host has the new release's kubeadm already, and keeps its kubelet: that is installed and restarted afterwards,
/// when the node is drained. The first host of the control plane upgrades the cluster (`kubeadm upgrade apply`), all
/// others follow (`kubeadm upgrade node`), those of the control plane before the workers, and one at a time. Which of the
/// two is to be done, the cluster itself says.
///
/// It is done when the static pods have the release, and the cluster's configuration too; on a worker, when its kubelet
/// has it, or was given the configuration. What was interrupted is done again: the node's annotation
/// `k8sbm.io/kubeadm-upgrade` says so. A way back, a step over a minor release, and nodes that are not ready or joined by
/// half are refused.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KubeadmUpgrade {
    /// The release, such as `1.35.6`; that of the host's kubeadm.
    #[schemars(with = "String")]
    version: Version,
    /// The folder of the host with patches for static pods and the kubelet's configuration, as `kubeadm init` got it. It
    /// is passed on where it is there. Default `/etc/kubernetes/patches`.
    #[serde(default = "patches")]
    patches: String,
    /// Checks of kubeadm whose failure is passed over, by name. `all` is not taken.
    #[serde(default)]
    ignore_preflight: Vec<String>,
    /// Whether the certificates of the control plane are renewed with it. Default true.
    #[serde(default = "yes")]
    renew_certs: bool,
    /// The node's name, where the host is called otherwise.
    node_name: Option<String>,
    /// Seconds to wait until this host's own API server is ready again. Default 300.
    #[serde(default = "five_minutes")]
    timeout: u64,
}

fn patches() -> String {
    "/etc/kubernetes/patches".into()
}

fn yes() -> bool {
    true
}

fn five_minutes() -> u64 {
    300
}

impl Task for KubeadmUpgrade {
    const NAME: &'static str = "kubeadm_upgrade";

    fn validate(&self) -> Result<()> {
        no_check_passes_all(&self.ignore_preflight)?;
        self.version.behaviour().map(drop)
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let name = node_name(host, self.node_name.as_deref()).await?;
        let standing = NodeStanding::of(host, name).await?;
        let mut plan = Plan::default();
        plan.returns("node", standing.name.as_str());
        plan.returns("control_plane", standing.is_control_plane());
        plan.returns("from", standing.oldest().to_string());
        plan.returns("version", self.version.to_string());
        // A kubelet may be three minor releases behind the API servers; kubeadm itself takes one at a time.
        let minors = if standing.is_control_plane() { 1 } else { 3 };
        for part in &standing.parts {
            self.version
                .may_follow(&part.version, minors)
                .map_err(|error| {
                    error.context(format_args!("{} of `{}`", part.name, standing.name))
                })?;
        }
        let due = !standing.is_at(&self.version);
        plan.returns("due", due);
        if !due {
            return Ok(plan);
        }
        match (&standing.trouble, standing.was_interrupted()) {
            (Some(trouble), false) => {
                let message = format!("the node `{}` is not ready: {trouble}", standing.name);
                return Err(Error::failed(message)
                    .hint("mend it first, or take it out of the cluster: nobody could say whether the upgrade broke it"));
            }
            (Some(trouble), true) => plan.warn(format!("the node is not ready: {trouble}")),
            (None, _) => {}
        }
        if standing.was_interrupted() {
            plan.warn("an upgrade was begun here and not ended: it is done again");
        }
        let has_patches = host.exists(&self.patches).await?;
        let part = if standing.is_control_plane() {
            "this host's part of the control plane"
        } else {
            "what the kubelet reads"
        };
        let summary = format!(
            "upgrade {part} from {} to {}",
            standing.oldest(),
            self.version
        );
        let lines = |version: &dyn Fn(&Part) -> String| -> String {
            let parts = standing.parts.iter();
            parts
                .map(|part| format!("{}: {}\n", part.name, version(part)))
                .collect()
        };
        let before = lines(&|part| part.version.to_string());
        let diff = Diff::text(&standing.name, before, lines(&|_| self.version.to_string()));
        let upgrading = Upgrading {
            node: standing.name.clone(),
            control_plane: standing.is_control_plane(),
            interrupted: standing.was_interrupted(),
            version: self.version.clone(),
            arguments: self.arguments(has_patches),
            renew_certs: self.renew_certs,
            patience: Duration::from_secs(self.timeout),
        };
        plan.act_with(summary, diff, |host| upgrading.run(host));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "The control plane, one host after another",
                yaml: "- kubeadm_upgrade:\n    version: 1.35.6\n  throttle: 1\n",
            },
            Example {
                title: "Look at all nodes before anything is done: what stands against an upgrade is told",
                yaml: "- kubeadm_upgrade:\n    version: 1.35.6\n  check_mode: true\n  register: upgrade\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("node", "The node's name."),
            (
                "control_plane",
                "Whether the host is one of the control plane.",
            ),
            (
                "from",
                "The release before, such as `v1.34.9`; of several parts, the oldest.",
            ),
            ("version", "The release, such as `v1.35.6`."),
            ("due", "Whether something is to be done, in check mode too."),
            (
                "failed_checks",
                "Where it failed: the names of kubeadm's checks that did.",
            ),
        ]
    }
}

impl KubeadmUpgrade {
    /// The flags that both kinds of `kubeadm upgrade` take.
    fn arguments(&self, has_patches: bool) -> Vec<String> {
        let mut arguments = Vec::new();
        if has_patches {
            arguments.extend(["--patches".to_owned(), self.patches.clone()]);
        }
        arguments.extend(super::kubeadm::passed_over(&self.ignore_preflight, &[]));
        arguments
    }
}

#[cfg(test)]
mod tests;

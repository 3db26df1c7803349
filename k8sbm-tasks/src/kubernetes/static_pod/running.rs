//! Waiting for the kubelet to run a static pod as it is written.

use crate::kubernetes::kubeadm::node_name;
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Plan, Probe, Result, Returns},
};
use serde_json::Value as Json;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;

/// A pod that shall run, or shall not.
pub(super) struct Running {
    pub name: String,
    pub timeout: u64,
    pub wanted: bool,
}

impl Running {
    pub(super) async fn plan(self, host: &Probe, plan: &mut Plan, changes: bool) -> Result<()> {
        let (listed, pod) = tokio::join!(host.query_command(list()), self.pod(host));
        let (listed, pod) = (listed?, pod?);
        let before = sandboxes(&listed.stdout, &pod);
        if !changes && before.is_empty() != self.wanted {
            return Ok(());
        }
        // A pod whose manifest changes is another one: what ran before does not count.
        let old = if changes { before } else { BTreeSet::new() };
        let end = if self.wanted { "runs" } else { "runs no more" };
        plan.observe(format!("wait until {} {end}", self.name), |host| {
            self.wait(host, pod, old)
        });
        Ok(())
    }

    /// The kubelet puts the node's name behind: the host's own, unless it was told another.
    async fn pod(&self, host: &Probe) -> Result<String> {
        let flags = host.read_text("/var/lib/kubelet/kubeadm-flags.env").await?;
        let said = flags.as_deref().and_then(|flags| {
            let (_, rest) = flags.split_once("--hostname-override=")?;
            rest.split([' ', '"', '\n']).next()
        });
        let node = node_name(host, said).await?;
        Ok(format!("{}-{node}", self.name))
    }

    async fn wait(self, host: Host, pod: String, old: BTreeSet<String>) -> Result<Returns> {
        let end = Instant::now() + Duration::from_secs(self.timeout);
        loop {
            let output = host.run(list()).await?;
            let now = sandboxes(&output.stdout, &pod);
            let done = match self.wanted {
                true => now.iter().any(|it| !old.contains(it)),
                false => output.success() && now.is_empty(),
            };
            if done {
                return Ok(Returns::new());
            }
            if Instant::now() >= end {
                let not = if self.wanted {
                    "does not run"
                } else {
                    "still runs"
                };
                let said = output.error_text();
                let why = match said.trim() {
                    "" => String::new(),
                    said => format!(": {said}"),
                };
                return Err(Error::failed(format!(
                    "the pod `{}` {not} after {} s{why}",
                    self.name, self.timeout
                ))
                .hint("`journalctl -u kubelet` and `crictl ps -a` on the host say more"));
            }
            host.wait(Duration::from_secs(1)).await;
        }
    }
}

fn list() -> Command {
    Command::new(["crictl", "ps", "-o", "json"])
}

/// The sandboxes of a pod that have a running container.
fn sandboxes(stdout: &[u8], pod: &str) -> BTreeSet<String> {
    let listed: Json = serde_json::from_slice(stdout).unwrap_or_default();
    let containers = listed["containers"].as_array().into_iter().flatten();
    let runs = |container: &&Json| {
        container["state"] == "CONTAINER_RUNNING"
            && container["labels"]["io.kubernetes.pod.name"] == pod
    };
    let ids = containers
        .filter(runs)
        .filter_map(|it| it["podSandboxId"].as_str());
    ids.map(str::to_owned).collect()
}

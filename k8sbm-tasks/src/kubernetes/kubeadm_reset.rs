//! The `kubeadm_reset` module.

use super::kubeadm::{Known, Leftovers, forget_node, known_to, node_name};
use k8sbm_core::task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Takes a host out of its cluster and leaves nothing of it behind.
///
/// First its etcd leaves the cluster, then `kubeadm reset` does what it does, and then goes what that leaves:
/// containers, mounts, interfaces and configuration of the network, rules of the kernel, `/etc/kubernetes`,
/// `/var/lib/kubelet`, etcd's data and the pods' logs. Rules that others wrote stay, and so does an etcd that runs as a
/// service of the host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KubeadmReset {
    /// The cluster's name, as the inventory has it.
    cluster: String,
    /// The cluster's name once more, as the person says it who wants it gone.
    confirm: String,
    /// A host of the control plane that stays: it takes the node, and its member of etcd, out of the cluster. Without
    /// it the node stays known to the API.
    from: Option<String>,
    /// The node's name, where it is another than the host's own.
    node_name: Option<String>,
}

impl Task for KubeadmReset {
    const NAME: &'static str = "kubeadm_reset";

    fn validate(&self) -> Result<()> {
        if self.cluster.trim().is_empty() {
            return Err(Error::arguments("`cluster` is empty").about(["cluster"]));
        }
        if self.confirm != self.cluster {
            return Err(Error::arguments("`confirm` is not the name of the cluster")
                .hint(format!("to take it away, confirm with `{}`", self.cluster))
                .about(["confirm"]));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let (left, name) = tokio::join!(
            Leftovers::look(host),
            node_name(host, self.node_name.as_deref())
        );
        let (left, name) = (left?, name?);
        let mut plan = Plan::default();
        plan.returns("node", name.as_str());
        if let Some(from) = self.from.clone().filter(|from| from != host.name()) {
            match known_to(&host.other(&from)?, &name).await? {
                Known::Absent => {}
                Known::Silent(why) => plan.warn(format!(
                    "{from} cannot take the node `{name}` out of the cluster: {why}"
                )),
                Known::Node(_) => {
                    let diff = Diff::text(
                        &format!("node {name}"),
                        "state: present\n",
                        "state: absent\n",
                    );
                    let summary = format!("take the node {name} out of the cluster");
                    plan.act_with(summary, diff, |host| async move {
                        forget_node(&host.other(&from)?, &name).await?;
                        Ok(Returns::new())
                    });
                }
            }
        }
        if !left.is_empty() {
            let diff = Diff::text("what the cluster left", left.text(), "");
            plan.act_with("reset the host", diff, |host| async move {
                Leftovers::clear(&host).await?;
                Ok(Returns::new())
            });
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Take the whole cluster away, when the person who runs it says its name",
                yaml: "kubeadm_reset:\n  cluster: lab\n  confirm: lab\n",
            },
            Example {
                title: "Take one host out of a cluster that stays",
                yaml: "kubeadm_reset:\n  cluster: lab\n  confirm: lab\n  from: cp1\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("node", "The node's name.")]
    }
}

#[cfg(test)]
mod tests;

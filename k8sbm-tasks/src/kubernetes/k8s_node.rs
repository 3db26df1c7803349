//! `k8s_node`: a node's labels, taints and annotations; cordon, drain, delete.

mod draining;
mod k8s_drain;
mod member;
mod patch;
mod taint;

pub(crate) use self::k8s_drain::K8sDrain;

use self::{draining::Draining, member::Leaving, patch::Wanted, taint::Taint};
use super::cluster::{Cluster, Difference, Key, Refusal, Why, admin_conf, differences, no_cluster};
use k8sbm_core::{
    host::Host,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::{collections::BTreeMap, time::Duration};

/// Makes a node of the cluster have labels, taints and annotations, cordons, drains or deletes it.
///
/// Runs `kubectl` on a host of the control plane. Labels, taints and annotations that are not named stay as they are.
/// Before a drain, the pods that would be evicted are told.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8sNode {
    /// The node's name.
    #[serde(alias = "node")]
    #[schemars(extend("aliases" = ["node"]))]
    name: String,
    /// What shall be of the node: `present` looks only at labels, taints, annotations and `cordon`; `cordoned` and
    /// `uncordoned` keep pods away or let them come; `drained` cordons it and evicts its pods; `absent` deletes it from
    /// the API, without draining.
    #[serde(default)]
    state: State,
    /// Labels; one without a value (`null`) shall not be there.
    #[serde(default)]
    labels: BTreeMap<String, Option<String>>,
    /// Annotations; one without a value (`null`) shall not be there.
    #[serde(default)]
    annotations: BTreeMap<String, Option<String>>,
    /// Taints as `kubectl taint` takes them, `key=value:NoSchedule`, with `-` at the end for those that shall not be
    /// there; or mappings with `key`, `value`, `effect` and `state`.
    #[serde(default)]
    taints: Vec<Json>,
    /// Whether pods are kept away, with `state: present`.
    cordon: Option<bool>,
    /// How to drain.
    #[serde(default)]
    drain: Draining,
    /// With `state: absent`, whether the node's member of etcd leaves first, where etcd runs as a static pod on it.
    /// Refused when the members that stay would have no majority.
    #[serde(default)]
    etcd: bool,
    /// With `etcd`, the nodes that leave in the same run: only a minority of the members can. Name all of them in a run
    /// with `check_mode` to have them refused before the first has left.
    #[serde(default)]
    together_with: Vec<String>,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

/// What shall be of a node.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is there, as the arguments say.
    #[default]
    #[serde(alias = "managed")]
    Present,
    /// No new pods come.
    #[serde(alias = "cordon")]
    Cordoned,
    /// New pods come.
    #[serde(alias = "uncordon")]
    Uncordoned,
    /// No new pods come, and those that are there went.
    #[serde(alias = "drain")]
    Drained,
    /// It is not in the API.
    Absent,
}

impl K8sNode {
    fn key(&self) -> Key {
        Key {
            api_version: "v1".into(),
            kind: "Node".into(),
            namespace: None,
            name: self.name.clone(),
        }
    }

    fn wanted(&self) -> Result<Wanted> {
        let taints = self.taints.iter().map(Taint::read).collect::<Result<_>>()?;
        Ok(Wanted {
            labels: self.labels.clone(),
            annotations: self.annotations.clone(),
            taints,
            unschedulable: match self.state {
                State::Cordoned | State::Drained => Some(true),
                State::Uncordoned => Some(false),
                _ => self.cordon,
            },
        })
    }

    async fn plan_absent(
        &self,
        cluster: Cluster,
        node: Option<Json>,
        plan: &mut Plan,
    ) -> Result<()> {
        if self.etcd
            && let Some(leaving) = Leaving::of(&cluster, &self.name).await?
        {
            leaving.plan(&self.together_with, &cluster, plan)?;
        }
        let Some(node) = node else { return Ok(()) };
        let gone: Vec<Difference> = Difference::between(self.key(), Some(&slim(&node)), None)
            .into_iter()
            .collect();
        let (summary, diff) = differences(&gone);
        plan.act_with(summary, diff, move |_| async move {
            cluster.delete(&[node], Duration::from_secs(120)).await?;
            Ok(Returns::new())
        });
        Ok(())
    }

    /// Patches the node as it is then; again, when somebody else changed it meanwhile.
    async fn patch(key: Key, wanted: Wanted, kubeconfig: String, host: Host) -> Result<Returns> {
        let cluster = Cluster::there(&host, &kubeconfig).await?;
        for last in [false, false, true] {
            let node = cluster.get(&key).await?.ok_or_else(|| unknown(&key.name))?;
            let Some(patch) = wanted.patch(&node) else {
                break;
            };
            let words = [
                "patch",
                "node",
                &key.name,
                "--type",
                "merge",
                "--field-manager",
                "k8sbm",
                "-o",
                "json",
                "-p",
            ];
            let words: Vec<String> = words
                .map(str::to_owned)
                .into_iter()
                .chain([patch.to_string()])
                .collect();
            match cluster.order(&words, None, Duration::from_secs(60)).await {
                Ok(_) => break,
                Err(Refusal {
                    why: Why::Outdated, ..
                }) if !last => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(Returns::new())
    }
}

/// What is worth telling of a node that goes.
fn slim(node: &Json) -> Json {
    serde_json::json!({"kind": "Node", "metadata": {"name": node["metadata"]["name"]}, "spec": node["spec"]})
}

fn unknown(name: &str) -> Error {
    Error::failed(format!("the cluster has no node `{name}`"))
        .hint("`kubectl get nodes` lists them; a node is there once its kubelet has joined")
}

impl Task for K8sNode {
    const NAME: &'static str = "k8s_node";

    fn validate(&self) -> Result<()> {
        if self.name.is_empty() {
            return Err(Error::arguments("`name` is empty"));
        }
        if self.cordon.is_some() && self.state != State::Present {
            return Err(Error::arguments("`cordon` goes with `state: present`"));
        }
        if self.etcd && self.state != State::Absent {
            return Err(Error::arguments("`etcd` goes with `state: absent`").about(["etcd"]));
        }
        if !self.together_with.is_empty() && !self.etcd {
            let error = Error::arguments("`together_with` goes with `etcd`");
            return Err(error.about(["together_with"]));
        }
        self.wanted().map(drop)
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (key, wanted) = (self.key(), self.wanted()?);
        let Some(cluster) = Cluster::open(host, &self.kubeconfig).await? else {
            return Err(no_cluster(&self.kubeconfig));
        };
        let node = cluster.get(&key).await?;
        if self.state == State::Absent {
            self.plan_absent(cluster, node, &mut plan).await?;
            return Ok(plan);
        }
        let node = node.ok_or_else(|| unknown(&self.name))?;
        if let Some(patch) = wanted.patch(&node) {
            let after = wanted.after(&node);
            let found: Vec<Difference> =
                Difference::between(key.clone(), Some(&node), Some(&after))
                    .into_iter()
                    .collect();
            let (_, diff) = differences(&found);
            let summary = patch::summary(&self.name, &node, &patch);
            let kubeconfig = self.kubeconfig.clone();
            plan.act_with(summary, diff, |host| {
                Self::patch(key, wanted, kubeconfig, host)
            });
        }
        if self.state == State::Drained {
            self.drain.plan(&self.name, &cluster, &mut plan).await?;
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Say what a worker is for, and keep other pods away",
                yaml: "k8s_node:\n  name: \"{{ inventory_hostname }}\"\n  labels:\n    node-role.kubernetes.io/worker: \"\"\n    disk: nvme\n  taints:\n    - dedicated=ml:NoSchedule\ndelegate_to: \"{{ groups.control_plane[0] }}\"\n",
            },
            Example {
                title: "Let control planes run pods, and be reached by MetalLB",
                yaml: "k8s_node:\n  name: cp1\n  taints:\n    - node-role.kubernetes.io/control-plane:NoSchedule-\n  labels:\n    node.kubernetes.io/exclude-from-external-load-balancers: null\n",
            },
            Example {
                title: "Empty a node for its upgrade, and let pods come again",
                yaml: "- k8s_node:\n    name: w1\n    state: drained\n    drain:\n      delete_emptydir_data: true\n      timeout: 300\n      disable_eviction: fallback\n- k8s_node:\n    name: w1\n    state: uncordoned\n",
            },
            Example {
                title: "Remove a node from the cluster",
                yaml: "k8s_node:\n  name: w1\n  state: absent\n",
            },
            Example {
                title: "Remove a host of the control plane, alive or dead, with its member of etcd",
                yaml: "k8s_node:\n  name: cp3\n  state: absent\n  etcd: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "evicted",
            "The pods that a drain evicts, each `namespace/name`.",
        )]
    }
}

#[cfg(test)]
mod tests;

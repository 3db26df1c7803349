//! `k8s_drain`: what Ansible's module of that name takes, done by `k8s_node`.

use super::{Draining, K8sNode, State, draining::Eviction};
use crate::kubernetes::cluster::admin_conf;
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Drains a node, keeps pods away from it, or lets them come again.
///
/// It is `k8s_node` with the arguments that Ansible's module has, and its defaults: pods of DaemonSets, pods that nobody
/// makes anew, and data in an `emptyDir` keep a node from being drained unless `delete_options` says otherwise.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8sDrain {
    /// The node's name.
    name: String,
    /// What is done: `cordon`, `drain` or `uncordon`.
    #[serde(default)]
    state: Doing,
    /// How to drain.
    #[serde(default)]
    delete_options: DeleteOptions,
    /// Labels of the pods that go, such as `app=web` or `tier!=db`; all of them have to fit. Default: all pods.
    #[serde(default)]
    pod_selectors: Vec<String>,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

/// What is done to a node.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Doing {
    /// No new pods come.
    Cordon,
    /// No new pods come, and those that are there go.
    #[default]
    Drain,
    /// New pods come.
    Uncordon,
}

/// How to drain.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct DeleteOptions {
    /// Leaves pods of DaemonSets where they are.
    ignore_daemonsets: bool,
    /// Evicts pods with volumes of kind `emptyDir` too, whose data is lost.
    delete_emptydir_data: bool,
    /// Evicts pods that nobody makes anew too.
    force: bool,
    /// Deletes pods instead of evicting them, past disruption budgets.
    disable_eviction: bool,
    /// Seconds that pods get to end, instead of what they say themselves.
    terminate_grace_period: Option<u64>,
    /// Seconds to wait for evictions in all. Default 300.
    wait_timeout: Option<u64>,
    /// Has no meaning here: the end of a pod is told, and not asked for.
    wait_sleep: Option<u64>,
}

impl K8sDrain {
    fn node(&self) -> K8sNode {
        let options = &self.delete_options;
        let usual = Draining::default();
        let drain = Draining {
            ignore_daemonsets: options.ignore_daemonsets,
            delete_emptydir_data: options.delete_emptydir_data,
            force: options.force,
            timeout: options.wait_timeout.unwrap_or(usual.timeout),
            grace_period: options.terminate_grace_period,
            disable_eviction: match options.disable_eviction {
                true => Eviction::True,
                false => Eviction::False,
            },
            pod_selector: (!self.pod_selectors.is_empty()).then(|| self.pod_selectors.join(",")),
        };
        K8sNode {
            name: self.name.clone(),
            state: match self.state {
                Doing::Cordon => State::Cordoned,
                Doing::Drain => State::Drained,
                Doing::Uncordon => State::Uncordoned,
            },
            labels: Default::default(),
            annotations: Default::default(),
            taints: Vec::new(),
            cordon: None,
            drain,
            etcd: false,
            together_with: Vec::new(),
            kubeconfig: self.kubeconfig.clone(),
        }
    }
}

impl Task for K8sDrain {
    const NAME: &'static str = "k8s_drain";

    fn validate(&self) -> Result<()> {
        if self.state != Doing::Drain && !self.pod_selectors.is_empty() {
            let error = Error::arguments("`pod_selectors` go with `state: drain`");
            return Err(error.about(["pod_selectors"]));
        }
        self.node().validate()
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        self.node().plan(host).await
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Empty a node, and let pods come again",
            yaml: "- kubernetes.core.k8s_drain:\n    name: w1\n    state: drain\n    delete_options:\n      ignore_daemonsets: true\n      delete_emptydir_data: true\n      wait_timeout: 300\n- kubernetes.core.k8s_drain:\n    name: w1\n    state: uncordon\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        K8sNode::returns()
    }
}

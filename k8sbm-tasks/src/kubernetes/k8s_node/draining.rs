//! Draining: which pods would go, and letting them go.

use crate::kubernetes::cluster::{Cluster, Key, Refusal};
use k8sbm_core::task::{Error, Plan, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// How to drain.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Draining {
    /// Leaves pods of DaemonSets where they are. Default true: they would come back at once.
    pub(super) ignore_daemonsets: bool,
    /// Evicts pods with volumes of kind `emptyDir` too, whose data is lost. Default true.
    pub(super) delete_emptydir_data: bool,
    /// Evicts pods that nobody makes anew too. Default false.
    pub(super) force: bool,
    /// Seconds to wait for evictions in all. Default 300.
    pub(super) timeout: u64,
    /// Seconds that pods get to end, instead of what they say themselves.
    pub(super) grace_period: Option<u64>,
    /// Whether pods are deleted instead of evicted, past disruption budgets: `false`, `true`, or `fallback` for after
    /// `timeout`. Default false.
    pub(super) disable_eviction: Eviction,
    /// Labels of the pods that go, such as `app=web,tier!=db`. Default: all pods.
    pub(super) pod_selector: Option<String>,
}

/// Whether pods are deleted instead of evicted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Eviction {
    /// They are evicted.
    #[default]
    #[serde(alias = "no", alias = "False")]
    False,
    /// They are deleted.
    #[serde(alias = "yes", alias = "True")]
    True,
    /// They are evicted, and deleted when time is up.
    Fallback,
}

impl Default for Draining {
    fn default() -> Self {
        Self {
            ignore_daemonsets: true,
            delete_emptydir_data: true,
            force: false,
            timeout: 300,
            grace_period: None,
            disable_eviction: Eviction::False,
            pod_selector: None,
        }
    }
}

impl Draining {
    /// Says which pods would be evicted from a node.
    pub(super) async fn plan(&self, node: &str, cluster: &Cluster, plan: &mut Plan) -> Result<()> {
        let selector = format!("spec.nodeName={node}");
        let mut words = vec!["pods", "-A", "--field-selector", &selector];
        if let Some(labels) = &self.pod_selector {
            words.extend(["--selector", labels]);
        }
        let pods = cluster.list(&words).await?;
        let pods: Vec<&Json> = pods.iter().filter(|pod| self.goes(pod)).collect();
        let names: Vec<String> = pods.iter().map(|pod| name(pod)).collect();
        plan.returns("evicted", json!(names));
        for pod in pods {
            self.may_go(pod)?;
        }
        if names.is_empty() {
            return Ok(());
        }
        let (this, cluster, node) = (self.clone(), cluster.clone(), node.to_owned());
        let summary = format!("evict from {node}: {}", names.join(", "));
        plan.act(summary, move |_| async move {
            this.drain(&cluster, &node).await?;
            Ok(k8sbm_core::task::Returns::new())
        });
        Ok(())
    }

    /// Whether a drain takes a pod away.
    fn goes(&self, pod: &Json) -> bool {
        let mirror = !pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].is_null();
        let stays = self.ignore_daemonsets && owner(pod) == Some("DaemonSet");
        !mirror && !stays
    }

    /// What `kubectl drain` would refuse is said before anything is done.
    fn may_go(&self, pod: &Json) -> Result<()> {
        let ended = matches!(
            pod["status"]["phase"].as_str(),
            Some("Succeeded" | "Failed")
        );
        if ended {
            return Ok(());
        }
        if owner(pod) == Some("DaemonSet") {
            return Err(Error::failed(format!(
                "the pod {} belongs to a DaemonSet, which would make it anew",
                name(pod)
            ))
            .hint("say `ignore_daemonsets: true`"));
        }
        if owner(pod).is_none() && !self.force {
            return Err(Error::failed(format!(
                "the pod {} would be lost: nobody makes it anew",
                name(pod)
            ))
            .hint("delete it, or say `force: true`"));
        }
        let volumes = pod["spec"]["volumes"].as_array();
        let local = volumes.is_some_and(|it| it.iter().any(|it| it.get("emptyDir").is_some()));
        if local && !self.delete_emptydir_data {
            return Err(Error::failed(format!(
                "the pod {} has data in an emptyDir, which would be lost",
                name(pod)
            ))
            .hint("say `delete_emptydir_data: true`"));
        }
        Ok(())
    }

    async fn drain(&self, cluster: &Cluster, node: &str) -> Result<(), Refusal> {
        let evicting = self.disable_eviction != Eviction::True;
        match self.once(cluster, node, evicting).await {
            Err(_) if self.disable_eviction == Eviction::Fallback => {
                self.once(cluster, node, false).await
            }
            ended => ended,
        }
    }

    async fn once(&self, cluster: &Cluster, node: &str, evicting: bool) -> Result<(), Refusal> {
        let mut words = vec![
            "drain".to_owned(),
            node.to_owned(),
            format!("--timeout={}s", self.timeout),
        ];
        let switches = [
            (self.ignore_daemonsets, "--ignore-daemonsets"),
            (self.delete_emptydir_data, "--delete-emptydir-data"),
            (self.force, "--force"),
            (!evicting, "--disable-eviction"),
        ];
        words.extend(
            switches
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, word)| (*word).to_owned()),
        );
        words.extend(
            self.pod_selector
                .iter()
                .map(|it| format!("--pod-selector={it}")),
        );
        words.extend(self.grace_period.map(|it| format!("--grace-period={it}")));
        let limit = Duration::from_secs(self.timeout + 60);
        cluster.order(&words, None, limit).await.map(drop)
    }
}

fn owner(pod: &Json) -> Option<&str> {
    let owners = pod["metadata"]["ownerReferences"].as_array()?;
    let controller = owners
        .iter()
        .find(|it| it["controller"] == Json::Bool(true));
    controller.or(owners.first())?["kind"].as_str()
}

fn name(pod: &Json) -> String {
    let key = Key::of(pod);
    format!("{}/{}", key.namespace.unwrap_or_default(), key.name)
}

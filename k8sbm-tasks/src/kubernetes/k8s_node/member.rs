//! The member of etcd of a node that goes, asked of etcd's own static pods.

use crate::kubernetes::{
    cluster::{Cluster, condition},
    etcd::{Member, healthy, may_leave, members},
};
use k8sbm_core::task::{Diff, Error, Plan, Result, Returns};
use serde_json::Value as Json;
use std::time::Duration;

/// A member that leaves, among all.
pub(super) struct Leaving {
    pod: String,
    member: Member,
    all: Vec<Member>,
    healthy: Vec<String>,
}

impl Leaving {
    /// The member of a node; nothing where etcd is no static pod, or the node has none.
    ///
    /// # Errors
    /// When no pod of etcd on another node answers.
    pub async fn of(cluster: &Cluster, node: &str) -> Result<Option<Self>> {
        let mut pods = cluster
            .list(&["pods", "-n", "kube-system", "-l", "component=etcd"])
            .await?;
        if pods.is_empty() {
            return Ok(None);
        }
        pods.retain(|pod| pod["spec"]["nodeName"] != node);
        // A pod of a host that died says for a while that it runs: the host that is asked comes first, then who is ready.
        let here = cluster.probe().name();
        pods.sort_by_key(|pod| (pod["spec"]["nodeName"] != here, !is_ready(pod)));
        let mut said = Error::failed(format!("`{node}` has the only member of etcd"));
        for pod in pods {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            let list = etcdctl(name, &["member", "list", "-w", "json"]);
            match members(&cluster.look(&list, None).await?) {
                Ok(all) => return Self::among(cluster, node, name, all).await,
                Err(error) => said = error,
            }
        }
        Err(said)
    }

    async fn among(
        cluster: &Cluster,
        node: &str,
        pod: &str,
        all: Vec<Member>,
    ) -> Result<Option<Self>> {
        let Some(member) = all.iter().find(|member| member.name == node).cloned() else {
            return Ok(None);
        };
        let ask = etcdctl(pod, &["endpoint", "health", "--cluster", "-w", "json"]);
        let healthy = healthy(&cluster.look(&ask, None).await?)?;
        Ok(Some(Self {
            pod: pod.to_owned(),
            member,
            all,
            healthy,
        }))
    }

    /// Plans its leaving, with that of other nodes.
    ///
    /// # Errors
    /// When etcd would lose its majority.
    pub fn plan(self, together: &[String], cluster: &Cluster, plan: &mut Plan) -> Result<()> {
        let leaves = |it: &Member| it.name == self.member.name || together.contains(&it.name);
        if let Some(warning) = may_leave(&self.all, leaves, &self.healthy)? {
            plan.warn(warning);
        }
        let summary = format!("take {} out of etcd", self.member.name);
        let diff = Diff::text("members of etcd", self.member.told(), "");
        let words = etcdctl(&self.pod, &["member", "remove", &self.member.number()]);
        let cluster = cluster.clone();
        plan.act_with(summary, diff, move |_| async move {
            cluster.order(&words, None, Duration::from_secs(60)).await?;
            Ok(Returns::new())
        });
        Ok(())
    }
}

fn is_ready(pod: &Json) -> bool {
    condition(pod, "Ready").is_some_and(|it| it["status"] == "True")
}

fn etcdctl(pod: &str, argv: &[&str]) -> Vec<String> {
    let words = [
        "-n",
        "kube-system",
        "exec",
        pod,
        "-c",
        "etcd",
        "--",
        "etcdctl",
        "--endpoints=https://127.0.0.1:2379",
        "--cacert=/etc/kubernetes/pki/etcd/ca.crt",
        "--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt",
        "--key=/etc/kubernetes/pki/etcd/healthcheck-client.key",
    ];
    let words = words.into_iter().chain(argv.iter().copied());
    words.map(str::to_owned).collect()
}

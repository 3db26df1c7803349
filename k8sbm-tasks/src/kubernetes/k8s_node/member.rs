//! The member of etcd of a node that goes, asked of etcd's own static pods.

use crate::kubernetes::{
    cluster::Cluster,
    etcd::{Member, members},
};
use k8sbm_core::{
    host::Output,
    task::{Diff, Error, Plan, Result, Returns},
};
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;

/// A member that leaves, and those that stay.
pub(super) struct Leaving {
    pod: String,
    member: Member,
    others: Vec<Member>,
    healthy: Vec<String>,
}

/// Whether an endpoint answers, as etcdctl says it.
#[derive(Deserialize)]
struct Health {
    endpoint: String,
    health: bool,
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
        mut all: Vec<Member>,
    ) -> Result<Option<Self>> {
        let Some(at) = all.iter().position(|member| member.name == node) else {
            return Ok(None);
        };
        let member = all.swap_remove(at);
        let ask = etcdctl(pod, &["endpoint", "health", "--cluster", "-w", "json"]);
        // One that is dead makes it exit with 1.
        let healthy = healthy(&cluster.look(&ask, None).await?)?;
        Ok(Some(Self {
            pod: pod.to_owned(),
            member,
            others: all,
            healthy,
        }))
    }

    /// Refuses what would leave etcd without a majority.
    fn may_go(&self) -> Result<()> {
        let voters: Vec<&Member> = self.others.iter().filter(|it| !it.learner).collect();
        let is_healthy =
            |member: &&&Member| member.clients.iter().any(|it| self.healthy.contains(it));
        let well = voters.iter().filter(is_healthy).count();
        let needed = voters.len() / 2 + 1;
        if well >= needed {
            return Ok(());
        }
        let (name, stay) = (&self.member.name, voters.len());
        Err(Error::failed(format!(
            "without `{name}`, etcd would have {stay} members, of which {well} are healthy, and {needed} are needed"
        ))
        .hint("mend or remove the members that are not healthy first"))
    }

    /// Plans its leaving.
    ///
    /// # Errors
    /// When etcd would lose its majority.
    pub fn plan(self, cluster: &Cluster, plan: &mut Plan) -> Result<()> {
        self.may_go()?;
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
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.any(|it| it["type"] == "Ready" && it["status"] == "True")
}

fn healthy(output: &Output) -> Result<Vec<String>> {
    let all: Vec<Health> = serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = output.error_text();
        Error::failed(format!(
            "etcd does not say which members are healthy: {}",
            said.trim()
        ))
    })?;
    let healthy = all.into_iter().filter(|it| it.health);
    Ok(healthy.map(|it| it.endpoint).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member {
            id: 1,
            name: name.into(),
            peers: Vec::new(),
            clients: vec![format!("https://{name}:2379")],
            learner: false,
        }
    }

    fn leaving(others: &[&str], healthy: &[&str]) -> Leaving {
        let url = |name: &&str| format!("https://{name}:2379");
        Leaving {
            pod: "etcd-a".into(),
            member: member("gone"),
            others: others.iter().map(|name| member(name)).collect(),
            healthy: healthy.iter().map(url).collect(),
        }
    }

    #[test]
    fn the_majority_of_those_that_stay_must_be_healthy() {
        assert!(leaving(&["a", "b"], &["a", "b"]).may_go().is_ok());
        assert!(leaving(&["a", "b"], &["a", "b", "gone"]).may_go().is_ok());
        assert!(leaving(&["a"], &["a"]).may_go().is_ok());
        let refused = leaving(&["a", "b"], &["a", "gone"]).may_go().unwrap_err();
        insta::assert_snapshot!(refused.message, @"without `gone`, etcd would have 2 members, of which 1 are healthy, and 2 are needed");
        assert!(leaving(&[], &[]).may_go().is_err());
    }

    #[test]
    fn a_dead_member_is_no_failure_of_the_question() {
        let output = Output {
            status: 1,
            stdout: br#"[{"endpoint":"https://a:2379","health":true,"took":"2ms"},{"endpoint":"https://b:2379","health":false,"took":"5s","error":"context deadline exceeded"}]"#.to_vec(),
            ..Output::default()
        };
        assert_eq!(healthy(&output).unwrap(), ["https://a:2379"]);
    }
}

//! What a cluster has when it begins to be verified, asked in one question.

use super::{K8sVerify, Test};
use crate::kubernetes::cluster::Cluster;
use k8sbm_core::{host::Command, task::Result};
use serde_json::Value as Json;

/// What a cluster has.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) nodes: Vec<Json>,
    pub(super) pods: Vec<Json>,
    /// Those of the control plane.
    pub(super) leases: Vec<Json>,
    /// The time on the host, in seconds since 1970.
    pub(super) now: i64,
}

/// The text at a path of an object; empty where there is none.
pub(super) fn text<'a>(value: &'a Json, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Json::as_str)
        .unwrap_or_default()
}

impl Standing {
    /// What the tests of a task need to know.
    pub(super) async fn of(task: &K8sVerify, cluster: &Cluster) -> Result<Self> {
        use Test::*;
        let kinds: Vec<&str> = [
            ("nodes", &[T2][..]),
            ("pods", &[T1, T3, T5, T19]),
            ("leases.coordination.k8s.io", &[T4]),
        ]
        .into_iter()
        .filter(|(_, tests)| tests.iter().any(|test| task.wants(*test)))
        .map(|(kind, _)| kind)
        .collect();
        if kinds.is_empty() {
            return Ok(Self::default());
        }
        let date = cluster.probe().query_beyond(Command::new(["date", "+%s"]));
        let kinds = kinds.join(",");
        let words = [&*kinds, "-A"];
        let (now, all) = tokio::join!(date, cluster.list(&words));
        let mut standing = Self {
            now: now?.text().trim().parse().unwrap_or(0),
            ..Self::default()
        };
        for object in all? {
            match text(&object, "/kind") {
                "Node" => standing.nodes.push(object),
                "Pod" => standing.pods.push(object),
                _ if text(&object, "/metadata/namespace") == "kube-system" => {
                    standing.leases.push(object);
                }
                _ => {}
            }
        }
        Ok(standing)
    }

    /// The static pods of a component, such as `etcd`.
    pub(super) fn components(&self, name: &str) -> impl Iterator<Item = &Json> {
        self.pods.iter().filter(move |pod| {
            pod["metadata"]["labels"]["component"] == name
                && pod["metadata"]["namespace"] == "kube-system"
        })
    }
}

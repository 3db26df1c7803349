//! T1, T2, T4, T5 and T20: the API, versions, leaders, system pods, certificates.

use super::{
    row::Row,
    standing::{Standing, text},
};
use crate::kubernetes::cluster::{Cluster, missing, read};
use futures::future::try_join_all;
use k8sbm_core::{host::Command, task::Result};
use serde_json::Value as Json;
use std::time::Duration;

/// Namespaces whose pods a cluster cannot do without.
const SYSTEM: &[&str] = &[
    "kube-system",
    "kube-flannel",
    "calico-system",
    "calico-apiserver",
    "tigera-operator",
    "metallb-system",
    "openebs",
    "local-path-storage",
];

/// T1: the API is well, asked at its own address and at that of each control plane, all at once.
pub(super) async fn api(cluster: &Cluster, standing: &Standing) -> Result<Vec<Row>> {
    let mut asked = vec![ready(cluster, "API".to_owned(), None)];
    for server in standing.components("kube-apiserver") {
        let annotations = &server["metadata"]["annotations"];
        let Some(address) =
            annotations["kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"].as_str()
        else {
            continue;
        };
        let subject = format!("{} ({address})", text(server, "/spec/nodeName"));
        asked.push(ready(cluster, subject, Some(address)));
    }
    try_join_all(asked).await
}

async fn ready(cluster: &Cluster, subject: String, address: Option<&str>) -> Result<Row> {
    let server = address.map(|it| format!("--server=https://{it}"));
    let mut words = vec!["get", "--raw", "/readyz?verbose"];
    words.extend(server.as_deref());
    Ok(match cluster.ask(&words).await {
        Err(refusal) => Row::failed("T1", subject, refusal.error),
        Ok(said) => {
            let checks = said.lines().filter(|line| line.starts_with('[')).count();
            let wrong: Vec<&str> = said
                .lines()
                .filter(|line| line.starts_with("[-]"))
                .collect();
            let detail = if wrong.is_empty() {
                format!("{checks} checks are ok")
            } else {
                wrong.join("; ")
            };
            Row::of(
                "T1",
                subject,
                wrong.is_empty() && said.contains("readyz check passed"),
                detail,
            )
        }
    })
}

/// T2: every node is ready, and of the version it shall have.
pub(super) async fn versions(
    cluster: &Cluster,
    standing: &Standing,
    wanted: Option<&str>,
) -> Result<Vec<Row>> {
    let version = cluster.ask(&["version", "-o", "json"]).await?;
    let version: Json = read(&version)?;
    let server = text(&version, "/serverVersion/gitVersion")
        .trim_start_matches('v')
        .to_owned();
    let wanted = wanted.map_or(&*server, |it| it.trim_start_matches('v'));
    let mut rows = vec![Row::of(
        "T2",
        "API",
        server == wanted,
        format!("Kubernetes {server}, {wanted} is wanted"),
    )];
    for node in &standing.nodes {
        let kubelet = text(node, "/status/nodeInfo/kubeletVersion").trim_start_matches('v');
        let runtime = text(node, "/status/nodeInfo/containerRuntimeVersion");
        let unready = missing(node);
        let ok = kubelet == wanted && unready.is_none();
        let detail = match unready {
            Some(why) => why,
            None => format!("kubelet {kubelet}, {runtime}"),
        };
        rows.push(Row::of("T2", text(node, "/metadata/name"), ok, detail));
    }
    Ok(rows)
}

/// T4: controller manager and scheduler have a leader that renewed its lease a moment ago.
pub(super) fn leases(standing: &Standing) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, needed) in [
        ("kube-controller-manager", true),
        ("kube-scheduler", true),
        ("plndr-cp-lock", false),
    ] {
        let mut leases = standing.leases.iter();
        let Some(lease) = leases.find(|it| it["metadata"]["name"] == name) else {
            rows.extend(needed.then(|| Row::of("T4", name, false, "there is no lease")));
            continue;
        };
        let holder = text(lease, "/spec/holderIdentity");
        let renewed = text(lease, "/spec/renewTime").parse::<jiff::Timestamp>();
        let age = renewed.map_or(i64::MAX, |at| (standing.now - at.as_second()).max(0));
        let holder_name = holder.split('_').next().unwrap_or_default();
        let ok = !holder.is_empty() && age <= 15;
        rows.push(Row::of(
            "T4",
            name,
            ok,
            format!("held by {holder_name}, renewed {age} s ago"),
        ));
    }
    rows
}

/// For how long pods are still to be watched, until all have run for `settle` seconds.
pub(super) fn unsettled(pods: &[Json], now: i64, settle: u64) -> Duration {
    let system = |it: &&Json| SYSTEM.contains(&text(it, "/metadata/namespace"));
    let rests = pods.iter().filter(system).map(|pod| rest(pod, now, settle));
    Duration::from_secs(rests.max().unwrap_or(settle))
}

/// For how many seconds a pod is still to be watched: its youngest container says.
pub(super) fn rest(pod: &Json, now: i64, settle: u64) -> u64 {
    let containers = pod["status"]["containerStatuses"].as_array();
    let since = |it: &Json| text(it, "/state/running/startedAt").parse::<jiff::Timestamp>();
    let youngest = containers
        .into_iter()
        .flatten()
        .map(|it| since(it).map_or(now, jiff::Timestamp::as_second))
        .max();
    let age = u64::try_from(now - youngest.unwrap_or(now)).unwrap_or(0);
    settle.saturating_sub(age)
}

fn restarts(pod: &Json) -> i64 {
    let containers = pod["status"]["containerStatuses"]
        .as_array()
        .into_iter()
        .flatten();
    containers
        .filter_map(|it| it["restartCount"].as_i64())
        .sum()
}

/// T5: the system's pods are ready, and none restarted meanwhile. One line for each namespace.
pub(super) fn pods(before: &[Json], after: &[Json]) -> Vec<Row> {
    let mut rows = Vec::new();
    for namespace in SYSTEM {
        let here: Vec<&Json> = after
            .iter()
            .filter(|it| text(it, "/metadata/namespace") == *namespace)
            .collect();
        if here.is_empty() {
            continue;
        }
        let mut wrong = Vec::new();
        for pod in &here {
            let name = text(pod, "/metadata/name");
            let earlier = before
                .iter()
                .find(|it| it["metadata"]["uid"] == pod["metadata"]["uid"]);
            if let Some(why) = missing(pod) {
                wrong.push(format!("{name}: {why}"));
            } else if earlier.is_some_and(|it| restarts(it) < restarts(pod)) {
                wrong.push(format!("{name} restarted"));
            }
        }
        let detail = if wrong.is_empty() {
            format!("{} pods are ready", here.len())
        } else {
            wrong.join("; ")
        };
        rows.push(Row::of("T5", *namespace, wrong.is_empty(), detail));
    }
    rows
}

/// T20: certificates of this host's control plane last long enough.
pub(super) async fn certificates(cluster: &Cluster, days: i64) -> Result<Vec<Row>> {
    let command = Command::new(["kubeadm", "certs", "check-expiration", "-o", "json"])
        .timeout(Duration::from_secs(60));
    let output = cluster.probe().query_beyond(command).await?;
    if !output.success() {
        return Ok(vec![Row::failed(
            "T20",
            "certificates",
            output.error_text().trim(),
        )]);
    }
    let all: Json = read(&output.text())?;
    let left = |it: &Json| it["residualTime"].as_i64().unwrap_or(0) / 86_400;
    let listed = |list: &str| all[list].as_array().cloned().unwrap_or_default();
    let present = |it: &Json| it["missing"] != true;
    let certificates: Vec<Json> = listed("certificates")
        .into_iter()
        .chain(listed("certificateAuthorities"))
        .filter(present)
        .collect();
    let short = certificates.iter().filter(|it| left(it) < days);
    let short: Vec<String> = short
        .map(|it| format!("{}: {} days", text(it, "/name"), left(it)))
        .collect();
    let least = certificates.iter().map(left).min().unwrap_or(0);
    let detail = if short.is_empty() {
        format!(
            "{} certificates, the first ends in {least} days",
            certificates.len()
        )
    } else {
        short.join("; ")
    };
    Ok(vec![Row::of(
        "T20",
        "certificates",
        short.is_empty() && !certificates.is_empty(),
        detail,
    )])
}

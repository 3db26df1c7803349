//! T1 to T5 and T20: the API, versions, etcd, leaders, system pods, certificates.

use super::{K8sVerify, row::Row};
use crate::kubernetes::cluster::{Cluster, missing};
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

fn text<'a>(value: &'a Json, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Json::as_str)
        .unwrap_or_default()
}

/// T1: the API is well, asked at its own address and at that of each control plane.
pub(super) async fn api(cluster: &Cluster) -> Result<Vec<Row>> {
    let mut rows = vec![ready(cluster, "API", None).await?];
    let servers = cluster
        .list(&[
            "pods",
            "-n",
            "kube-system",
            "-l",
            "component=kube-apiserver",
        ])
        .await?;
    for server in &servers {
        let annotations = &server["metadata"]["annotations"];
        let Some(address) =
            annotations["kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"].as_str()
        else {
            continue;
        };
        let subject = format!("{} ({address})", text(server, "/spec/nodeName"));
        rows.push(ready(cluster, &subject, Some(address)).await?);
    }
    Ok(rows)
}

async fn ready(cluster: &Cluster, subject: &str, address: Option<&str>) -> Result<Row> {
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
pub(super) async fn versions(cluster: &Cluster, wanted: Option<&str>) -> Result<Vec<Row>> {
    let version = cluster.ask(&["version", "-o", "json"]).await?;
    let version: Json = crate::kubernetes::cluster::read(&version)?;
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
    for node in cluster.list(&["nodes"]).await? {
        let kubelet = text(&node, "/status/nodeInfo/kubeletVersion").trim_start_matches('v');
        let runtime = text(&node, "/status/nodeInfo/containerRuntimeVersion");
        let unready = missing(&node);
        let ok = kubelet == wanted && unready.is_none();
        let detail = match unready {
            Some(why) => why,
            None => format!("kubelet {kubelet}, {runtime}"),
        };
        rows.push(Row::of("T2", text(&node, "/metadata/name"), ok, detail));
    }
    Ok(rows)
}

/// T3: etcd has one leader, no learner, no alarm, and all its members are healthy.
pub(super) async fn etcd(task: &K8sVerify, cluster: &Cluster) -> Result<Vec<Row>> {
    let health = etcdctl(
        task,
        cluster,
        &["endpoint", "health", "--cluster", "-w", "json"],
    )
    .await?;
    let health: Json = match health {
        Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
        Err(why) => return Ok(vec![Row::failed("T3", "etcd", why)]),
    };
    let members = health.as_array().cloned().unwrap_or_default();
    let mut rows: Vec<Row> = members
        .iter()
        .map(|it| {
            Row::of(
                "T3",
                text(it, "/endpoint"),
                it["health"] == true,
                format!("healthy: {}, {}", it["health"], text(it, "/took")),
            )
        })
        .collect();
    let status = etcdctl(
        task,
        cluster,
        &["endpoint", "status", "--cluster", "-w", "json"],
    )
    .await?
    .unwrap_or_default();
    let status: Json = serde_json::from_str(&status).unwrap_or_default();
    let status = status.as_array().cloned().unwrap_or_default();
    let leaders = status
        .iter()
        .filter(|it| {
            it.pointer("/Status/leader").is_some()
                && it.pointer("/Status/leader") == it.pointer("/Status/header/member_id")
        })
        .count();
    let learners = status
        .iter()
        .filter(|it| it.pointer("/Status/isLearner") == Some(&Json::Bool(true)))
        .count();
    let detail = format!(
        "{} members, {leaders} leader, {learners} learners",
        status.len()
    );
    rows.push(Row::of(
        "T3",
        "membership",
        leaders == 1 && learners == 0 && status.len() % 2 == 1,
        detail,
    ));
    let alarms = etcdctl(task, cluster, &["alarm", "list"])
        .await?
        .unwrap_or_default();
    let alarms = alarms.trim();
    rows.push(Row::of(
        "T3",
        "alarms",
        alarms.is_empty(),
        if alarms.is_empty() { "none" } else { alarms },
    ));
    Ok(rows)
}

/// What etcdctl prints: in etcd's own pod, or on the host with the certificates that are said.
pub(super) async fn etcdctl(
    task: &K8sVerify,
    cluster: &Cluster,
    words: &[&str],
) -> Result<Result<String, String>> {
    let etcd = &task.etcd;
    let certificates = [
        ("--cacert", &etcd.cacert),
        ("--cert", &etcd.cert),
        ("--key", &etcd.key),
    ];
    let mut argv = vec![
        "etcdctl".to_owned(),
        format!("--endpoints={}", etcd.endpoints.join(",")),
    ];
    argv.extend(
        certificates
            .iter()
            .map(|(name, path)| format!("{name}={path}")),
    );
    argv.extend(words.iter().map(|it| (*it).to_owned()));
    let pods = cluster
        .list(&["pods", "-n", "kube-system", "-l", "component=etcd"])
        .await?;
    let output = match pods.iter().find(|it| missing(it).is_none()) {
        Some(pod) => {
            let start = [
                "exec",
                "-n",
                "kube-system",
                text(pod, "/metadata/name"),
                "--",
            ]
            .map(str::to_owned);
            cluster
                .look(&start.into_iter().chain(argv).collect::<Vec<_>>(), None)
                .await?
        }
        None => {
            let command = Command::new(argv)
                .env("ETCDCTL_API", "3")
                .timeout(Duration::from_secs(30));
            (*cluster.probe().query_beyond(command).await?).clone()
        }
    };
    Ok(match output.status {
        127 => Err("there is no pod of etcd, and the host has no etcdctl".into()),
        // With a member that is gone etcdctl prints those that live, and fails.
        _ if output.success() || !output.stdout.is_empty() => Ok(output.text()),
        _ => Err(output.error_text().trim().to_owned()),
    })
}

/// T4: controller manager and scheduler have a leader that renewed its lease a moment ago.
pub(super) async fn leases(cluster: &Cluster) -> Result<Vec<Row>> {
    let leases = cluster
        .list(&["Lease.v1.coordination.k8s.io", "-n", "kube-system"])
        .await?;
    let now = now(cluster).await?;
    let mut rows = Vec::new();
    for (name, needed) in [
        ("kube-controller-manager", true),
        ("kube-scheduler", true),
        ("plndr-cp-lock", false),
    ] {
        let Some(lease) = leases.iter().find(|it| it["metadata"]["name"] == name) else {
            rows.extend(needed.then(|| Row::of("T4", name, false, "there is no lease")));
            continue;
        };
        let holder = text(lease, "/spec/holderIdentity");
        let renewed = text(lease, "/spec/renewTime").parse::<jiff::Timestamp>();
        let age = renewed.map_or(i64::MAX, |at| now - at.as_second());
        let holder_name = holder.split('_').next().unwrap_or_default();
        let ok = !holder.is_empty() && age <= 15;
        rows.push(Row::of(
            "T4",
            name,
            ok,
            format!("held by {holder_name}, renewed {age} s ago"),
        ));
    }
    Ok(rows)
}

/// The time on the host, in seconds since 1970.
async fn now(cluster: &Cluster) -> Result<i64> {
    let date = Command::new(["date", "+%s"]);
    let now = cluster.probe().query_beyond(date).await?;
    Ok(now.text().trim().parse().unwrap_or(0))
}

/// For how long pods are still to be watched, until all have run for `settle` seconds.
pub(super) async fn unsettled(cluster: &Cluster, pods: &[Json], settle: u64) -> Duration {
    let now = now(cluster).await.unwrap_or(0);
    let rest = |pod: &Json| rest(pod, now, settle);
    Duration::from_secs(pods.iter().map(rest).max().unwrap_or(settle))
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

/// The restarts of the system's pods, to be compared later.
pub(super) async fn system_pods(cluster: &Cluster) -> Result<Vec<Json>> {
    let pods = cluster.list(&["pods", "-A"]).await?;
    let system = |it: &Json| SYSTEM.contains(&text(it, "/metadata/namespace"));
    Ok(pods.into_iter().filter(system).collect())
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
    let all: Json = crate::kubernetes::cluster::read(&output.text())?;
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

//! T3: etcd.

use super::{
    K8sVerify,
    row::Row,
    standing::{Standing, text},
};
use crate::kubernetes::cluster::{Cluster, missing};
use k8sbm_core::{host::Command, task::Result};
use serde_json::Value as Json;
use std::time::Duration;

/// T3: etcd has one leader, no learner, no alarm, and all its members are healthy.
pub(super) async fn etcd(
    task: &K8sVerify,
    cluster: &Cluster,
    standing: &Standing,
) -> Result<Vec<Row>> {
    let (health, status) = tokio::join!(
        etcdctl(
            task,
            cluster,
            standing,
            &["endpoint", "health", "--cluster", "-w", "json"],
        ),
        etcdctl(
            task,
            cluster,
            standing,
            &["endpoint", "status", "--cluster", "-w", "json"],
        ),
    );
    let list = |text: &str| match serde_json::from_str(text) {
        Ok(Json::Array(list)) => list,
        _ => Vec::new(),
    };
    let health = match health? {
        Ok(text) => list(&text),
        Err(why) => return Ok(vec![Row::failed("T3", "etcd", why)]),
    };
    let mut rows: Vec<Row> = health.iter().map(healthy).collect();
    rows.extend(together(&list(&status?.unwrap_or_default())));
    Ok(rows)
}

/// Whether one member is healthy.
fn healthy(member: &Json) -> Row {
    let health = &member["health"];
    Row::of(
        "T3",
        text(member, "/endpoint"),
        *health == true,
        format!("healthy: {health}, {}", text(member, "/took")),
    )
}

/// What all members say together of themselves; each knows the alarms of all.
fn together(members: &[Json]) -> [Row; 2] {
    let leads = |it: &&Json| {
        it.pointer("/Status/leader").is_some()
            && it.pointer("/Status/leader") == it.pointer("/Status/header/member_id")
    };
    let leaders = members.iter().filter(leads).count();
    let learns = |it: &&Json| it.pointer("/Status/isLearner") == Some(&Json::Bool(true));
    let learners = members.iter().filter(learns).count();
    let count = members.len();
    let errors = members.iter().filter_map(|it| it.pointer("/Status/errors"));
    let mut alarms: Vec<&str> = errors
        .filter_map(Json::as_array)
        .flatten()
        .filter_map(Json::as_str)
        .map(str::trim)
        .collect();
    alarms.sort_unstable();
    alarms.dedup();
    let told = match alarms.is_empty() {
        true => "none".to_owned(),
        false => alarms.join("; "),
    };
    [
        Row::of(
            "T3",
            "membership",
            leaders == 1 && learners == 0 && count % 2 == 1,
            format!("{count} members, {leaders} leader, {learners} learners"),
        ),
        Row::of("T3", "alarms", alarms.is_empty(), told),
    ]
}

/// What etcdctl prints: in etcd's own pod, or on the host with the certificates that are said.
pub(super) async fn etcdctl(
    task: &K8sVerify,
    cluster: &Cluster,
    standing: &Standing,
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
    let mut pods = standing.components("etcd");
    let output = match pods.find(|it| missing(it).is_none()) {
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

#[cfg(test)]
mod tests {
    use super::{super::row::table, *};
    use serde_json::json;

    #[test]
    fn alarms_are_those_that_members_tell_with_their_status() {
        let member = |id: u64, learns: bool| json!({"Status": {"header": {"member_id": id}, "leader": 1, "isLearner": learns, "errors": ["memberID:1 alarm:NOSPACE "]}});
        let full = [member(1, false), member(2, true)];
        insta::assert_snapshot!(table(&together(&full)), @r"
        T3  FAILED  membership  2 members, 1 leader, 1 learners
        T3  FAILED  alarms      memberID:1 alarm:NOSPACE
        ");
        let well = [json!({"Status": {"header": {"member_id": 1}, "leader": 1}})];
        insta::assert_snapshot!(table(&together(&well)), @r"
        T3  ok      membership  1 members, 1 leader, 0 learners
        T3  ok      alarms      none
        ");
    }
}

//! What is verified of an API in memory, and how it is told.

use super::{
    control_plane,
    row::{Row, table},
};
use crate::{
    kubernetes::cluster::Api,
    testing::{apply_on, refusal, told},
};
use serde_json::{Value as Json, json};

fn pod(name: &str, ready: &str, restarts: u32) -> Json {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "kube-system", "uid": name},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}], "containerStatuses": [{"restartCount": restarts}]}})
}

#[test]
fn rows_make_a_table() {
    let rows = [
        Row::of("T1", "API", true, "30 checks are ok"),
        Row::failed("T11", "w1", "w2 is not reached\nmore"),
    ];
    insta::assert_snapshot!(table(&rows), @r"
    T1   ok      API  30 checks are ok
    T11  FAILED  w1   w2 is not reached; more
    ");
}

#[test]
fn pods_that_restart_or_are_not_ready_fail() {
    let before = [
        pod("dns", "True", 1),
        pod("proxy", "True", 0),
        pod("etcd", "True", 4),
    ];
    let steady = control_plane::pods(&before, &before);
    assert!(steady[0].ok && steady[0].detail == "3 pods are ready");
    let after = [
        pod("dns", "True", 2),
        pod("proxy", "False", 0),
        pod("etcd", "True", 4),
    ];
    let rows = control_plane::pods(&before, &after);
    insta::assert_snapshot!(table(&rows), @"T5  FAILED  kube-system  dns restarted; proxy: Ready is False");
}

#[test]
fn pods_are_watched_until_their_youngest_container_has_run_for_long_enough() {
    let since = |times: &[&str]| {
        let containers: Vec<Json> = times
            .iter()
            .map(|time| json!({"state": {"running": {"startedAt": time}}}))
            .collect();
        json!({"status": {"containerStatuses": containers}})
    };
    // 2026-01-01T00:01:00Z
    let now = 1_767_225_660;
    let rest = |pod: &Json| control_plane::rest(pod, now, 20);
    assert_eq!(rest(&since(&["2026-01-01T00:00:00Z"])), 0);
    let young = since(&["2026-01-01T00:00:00Z", "2026-01-01T00:00:55Z"]);
    assert_eq!(rest(&young), 15);
    assert_eq!(rest(&since(&["2026-01-01T00:01:03Z"])), 20);
    assert_eq!(rest(&pod("waits", "False", 0)), 20);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_fails_fails_the_task_with_all_lines() {
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1"}, "status": {"nodeInfo": {"kubeletVersion": "v1.34.8", "containerRuntimeVersion": "containerd://2.3.4"}, "conditions": [{"type": "Ready", "status": "True"}]}});
    let api = Api::with([node, pod("dns", "True", 0)]);
    let error = apply_on(&api.probe(), "k8s_verify", "{tests: [T2, T5]}")
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @r"
    1 of 3 lines failed
    T2  ok      API          Kubernetes 1.34.9, 1.34.9 is wanted
    T2  FAILED  w1           kubelet 1.34.8, containerd://2.3.4
    T5  ok      kube-system  1 pods are ready
    ");
    assert_eq!(error.returns["rows"][1]["subject"], "w1");
    let api = Api::with([pod("dns", "True", 0)]);
    let returned = apply_on(&api.probe(), "k8s_verify", "{tests: [T2, T5], settle: 1}")
        .await
        .unwrap();
    assert_eq!(returned["rows"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_plan_only_names_the_tests() {
    insta::assert_snapshot!(told(&Api::default().probe(), "k8s_verify", "{tests: [T1, T20]}").await, @"verify the cluster: T1, T20 (no change)");
}

#[test]
fn namespaces_that_must_stay_are_refused() {
    assert!(
        refusal("k8s_verify", "{namespace: default}")
            .message
            .contains("must stay")
    );
    assert!(
        refusal("k8s_verify", "{tests: []}")
            .message
            .contains("`tests` is empty")
    );
}

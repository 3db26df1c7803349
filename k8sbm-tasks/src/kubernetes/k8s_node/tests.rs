//! A node of an API in memory.

use crate::{
    kubernetes::cluster::Api,
    testing::{apply_on, plan_on, refusal, told},
};
use serde_json::{Value as Json, json};

fn node() -> Json {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1", "resourceVersion": "7", "labels": {"disk": "hdd", "old": "x"}},
        "spec": {"podCIDR": "10.244.1.0/24", "taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]}})
}

fn pod(name: &str, owner: Option<&str>) -> Json {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"}, "spec": {"nodeName": "w1", "volumes": [{"name": "x", "emptyDir": {}}]}, "status": {"phase": "Running"}});
    if let Some(kind) = owner {
        pod["metadata"]["ownerReferences"] = json!([{"kind": kind, "controller": true}]);
    }
    pod
}

#[tokio::test]
async fn labels_and_taints_are_told_exactly() {
    let api = Api::with([node()]);
    let yaml = r#"{name: w1, labels: {disk: nvme, old: null, role: ""}, taints: ["node-role.kubernetes.io/control-plane:NoSchedule-", "dedicated=ml:NoExecute"], annotations: {owner: me}}"#;
    insta::assert_snapshot!(told(&api.probe(), "k8s_node", yaml).await, @r"
    node w1: label disk=nvme, no label old, label role, annotation owner=me, taint dedicated=ml:NoExecute, no taint node-role.kubernetes.io/control-plane:NoSchedule
    - # Node w1
    - metadata:
    -   labels:
    -     disk: hdd
    -     old: x
    - spec:
    -   taints:
    -   - key: node-role.kubernetes.io/control-plane
    -     effect: NoSchedule
    + # Node w1
    + metadata:
    +   annotations:
    +     owner: me
    +   labels:
    +     disk: nvme
    +     role: ''
    + spec:
    +   taints:
    +   - key: dedicated
    +     effect: NoExecute
    +     value: ml
    ");
    apply_on(&api.probe(), "k8s_node", yaml).await.unwrap();
    assert_eq!(told(&api.probe(), "k8s_node", yaml).await, "");
    assert_eq!(
        api.get("Node", "w1").unwrap()["metadata"]["labels"],
        json!({"disk": "nvme", "role": ""})
    );
}

#[tokio::test]
async fn a_node_is_cordoned_drained_and_let_go_again() {
    let api = Api::with([
        node(),
        pod("web", Some("ReplicaSet")),
        pod("proxy", Some("DaemonSet")),
    ]);
    insta::assert_snapshot!(told(&api.probe(), "k8s_node", "{name: w1, state: drained}").await, @r"
    node w1: cordon
    - # Node w1
    - spec: {}
    + # Node w1
    + spec:
    +   unschedulable: true
    evict from w1: shop/web
    ");
    apply_on(&api.probe(), "k8s_node", "{name: w1, state: drained}")
        .await
        .unwrap();
    assert_eq!(
        told(&api.probe(), "k8s_node", "{name: w1, state: drained}").await,
        ""
    );
    assert!(api.get("Pod", "web").is_none() && api.get("Pod", "proxy").is_some());
    assert!(
        told(&api.probe(), "k8s_node", "{name: w1, cordon: false}")
            .await
            .starts_with("node w1: uncordon")
    );
    apply_on(&api.probe(), "k8s_node", "{name: w1, state: uncordoned}")
        .await
        .unwrap();
    assert_eq!(
        told(&api.probe(), "k8s_node", "{name: w1, state: uncordoned}").await,
        ""
    );
}

#[tokio::test]
async fn a_drain_that_would_lose_something_is_refused_before() {
    let api = Api::with([node(), pod("alone", None)]);
    insta::assert_snapshot!(told(&api.probe(), "k8s_node", "{name: w1, state: drained}").await, @r"
    error: the pod shop/alone would be lost: nobody makes it anew
    hint: delete it, or say `force: true`
    ");
    let forced = plan_on(
        &api.probe(),
        "k8s_node",
        "{name: w1, state: drained, drain: {force: true}}",
    )
    .await
    .unwrap();
    assert_eq!(forced.returns["evicted"], json!(["shop/alone"]));
    let api = Api::with([node(), pod("web", Some("ReplicaSet"))]);
    let told = told(
        &api.probe(),
        "k8s_node",
        "{name: w1, state: drained, drain: {delete_emptydir_data: false}}",
    )
    .await;
    assert!(
        told.starts_with("error: the pod shop/web has data in an emptyDir"),
        "{told}"
    );
}

#[tokio::test]
async fn evictions_that_fail_fall_back_where_that_is_allowed() {
    let said = "error when evicting pods: Cannot evict pod as it would violate the pod's disruption budget.";
    let api = Api::with([node(), pod("web", Some("ReplicaSet"))]).refusing("drain", said);
    let error = apply_on(&api.probe(), "k8s_node", "{name: w1, state: drained}")
        .await
        .unwrap_err();
    assert!(error.message.contains("disruption budget"), "{error}");
    let api = Api::with([node(), pod("web", Some("ReplicaSet"))]).refusing("drain", said);
    apply_on(
        &api.probe(),
        "k8s_node",
        "{name: w1, state: drained, drain: {disable_eviction: fallback}}",
    )
    .await
    .unwrap();
    assert!(api.get("Pod", "web").is_none());
}

#[tokio::test]
async fn a_node_that_is_not_there() {
    let api = Api::default();
    assert_eq!(
        told(&api.probe(), "k8s_node", "{name: w1, state: absent}").await,
        ""
    );
    assert!(
        told(&api.probe(), "k8s_node", "{name: w1}")
            .await
            .starts_with("error: the cluster has no node `w1`")
    );
    let api = Api::with([node()]);
    assert!(
        told(&api.probe(), "k8s_node", "{name: w1, state: absent}")
            .await
            .starts_with("delete Node w1")
    );
    apply_on(&api.probe(), "k8s_node", "{name: w1, state: absent}")
        .await
        .unwrap();
    assert!(api.get("Node", "w1").is_none());
}

#[tokio::test]
async fn somebody_else_may_change_it_meanwhile() {
    let api = Api::with([node()]).refusing(
        "patch",
        "Error from server (Conflict): the object has been modified",
    );
    apply_on(&api.probe(), "k8s_node", "{name: w1, labels: {a: b}}")
        .await
        .unwrap();
    assert_eq!(
        api.get("Node", "w1").unwrap()["metadata"]["labels"]["a"],
        "b"
    );
}

#[test]
fn wrong_taints_are_refused() {
    insta::assert_snapshot!(refusal("k8s_node", "{name: w1, taints: ['a:Never']}").message, @r#"`"a:Never"` is no taint"#);
    assert!(
        refusal("k8s_node", "{name: w1, state: absent, cordon: true}")
            .message
            .contains("goes with")
    );
}

#[tokio::test]
async fn ansibles_module_drains_with_its_own_defaults() {
    let api = Api::with([
        node(),
        pod("web", Some("ReplicaSet")),
        pod("agent", Some("DaemonSet")),
    ]);
    let refused = |yaml: &'static str| {
        let probe = api.probe();
        async move {
            plan_on(&probe, "k8s_drain", yaml)
                .await
                .unwrap_err()
                .to_string()
        }
    };
    let data = "{name: w1, delete_options: {delete_emptydir_data: true}}";
    insta::assert_snapshot!(refused(data).await, @r"
    the pod shop/agent belongs to a DaemonSet, which would make it anew
    ");
    let agents = "{name: w1, delete_options: {ignore_daemonsets: true}}";
    insta::assert_snapshot!(refused(agents).await, @r"
    the pod shop/web has data in an emptyDir, which would be lost
    ");
    let all = "{name: w1, delete_options: {ignore_daemonsets: true, delete_emptydir_data: true}}";
    insta::assert_snapshot!(told(&api.probe(), "k8s_drain", all).await, @r"
    node w1: cordon
    - # Node w1
    - spec: {}
    + # Node w1
    + spec:
    +   unschedulable: true
    evict from w1: shop/web
    ");
    let cordon = "{name: w1, state: cordon}";
    apply_on(&api.probe(), "k8s_drain", cordon).await.unwrap();
    assert_eq!(told(&api.probe(), "k8s_drain", cordon).await, "");
    apply_on(&api.probe(), "k8s_drain", "{name: w1, state: uncordon}")
        .await
        .unwrap();
    assert!(api.get("Node", "w1").unwrap()["spec"]["unschedulable"] != true);
}

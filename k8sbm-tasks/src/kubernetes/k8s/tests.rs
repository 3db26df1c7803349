//! Manifests against an API in memory.

use crate::{
    kubernetes::cluster::Api,
    testing::{Desk, apply_on, probe, refusal, told},
};
use k8sbm_core::connection::FakeHost;
use serde_json::json;

const SETTINGS: &str = "definition: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}, data: {level: high}}";

#[tokio::test]
async fn an_object_is_created_changed_and_left_alone() {
    let api = Api::default();
    let host = api.probe();
    insta::assert_snapshot!(told(&host, "k8s", SETTINGS).await, @r"
    create ConfigMap default/settings
    + # ConfigMap default/settings
    + apiVersion: v1
    + kind: ConfigMap
    + metadata:
    +   name: settings
    +   namespace: default
    + data:
    +   level: high
    ");
    let returned = apply_on(&host, "k8s", SETTINGS).await.unwrap();
    assert_eq!(returned["result"]["data"]["level"], "high");
    assert_eq!(told(&host, "k8s", SETTINGS).await, "");
    api.edit("ConfigMap", "settings", |it| {
        it["data"]["level"] = json!("low");
    });
    insta::assert_snapshot!(told(&host, "k8s", SETTINGS).await, @r"
    change ConfigMap default/settings
    - # ConfigMap default/settings
    - data:
    -   level: low
    + # ConfigMap default/settings
    + data:
    +   level: high
    ");
}

const STORE: &str = r#"
definition: |
  apiVersion: example.org/v1
  kind: Store
  metadata: {name: main, namespace: shop}
  ---
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: stores.example.org}
  spec: {group: example.org, names: {kind: Store}}
  ---
  apiVersion: v1
  kind: Namespace
  metadata: {name: shop}
"#;

#[tokio::test]
async fn kinds_and_namespaces_of_the_same_manifest_come_first() {
    let api = Api::default().without("Store");
    let host = api.probe();
    let first = told(&host, "k8s", STORE).await;
    insta::assert_snapshot!(first.lines().next().unwrap(), @"create Store shop/main, CustomResourceDefinition stores.example.org, Namespace shop");
    apply_on(&host, "k8s", STORE).await.unwrap();
    assert!(api.get("Store", "main").is_some());
    assert_eq!(told(&host, "k8s", STORE).await, "");
}

#[tokio::test]
async fn without_a_cluster_all_is_still_to_be_created() {
    let host = || probe(FakeHost::new(), Desk::default());
    insta::assert_snapshot!(told(&host(), "k8s", SETTINGS).await, @r"
    create ConfigMap default/settings
    + # ConfigMap default/settings
    + apiVersion: v1
    + kind: ConfigMap
    + metadata:
    +   name: settings
    +   namespace: default
    + data:
    +   level: high
    ");
    let error = apply_on(&host(), "k8s", SETTINGS).await.unwrap_err();
    insta::assert_snapshot!(error, @"there is no /etc/kubernetes/admin.conf on this host");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_starts_is_asked_again() {
    let api = Api::default()
        .refusing(
            "--dry-run",
            "Error: failed calling webhook \"x\": connection refused",
        )
        .refusing(
            "--dry-run",
            "Error: failed calling webhook \"x\": connection refused",
        )
        .refusing(
            "apply",
            "Error: failed calling webhook \"x\": connection refused",
        );
    let host = api.probe();
    let told = told(&host, "k8s", SETTINGS).await;
    assert!(told.starts_with("create ConfigMap"), "{told}");
    apply_on(&host, "k8s", SETTINGS).await.unwrap();
}

#[tokio::test]
async fn a_conflict_is_an_error_that_names_the_manager() {
    let said = "error: Apply failed with 1 conflict: conflict with \"kubectl\" using v1: .data.level\nPlease review";
    let api = Api::default()
        .refusing("--dry-run", said)
        .refusing("--dry-run", said);
    insta::assert_snapshot!(told(&api.probe(), "k8s", SETTINGS).await, @r"
    error: ConfigMap default/settings: other managers own fields with other values: `kubectl` owns .data.level
    hint: leave these fields out, or take them over with `force_conflicts: true`
    ");
}

#[tokio::test]
async fn what_shall_be_absent_is_deleted() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}});
    let api = Api::with([object]);
    let yaml = "{state: absent, kind: ConfigMap, name: settings, namespace: default}";
    insta::assert_snapshot!(told(&api.probe(), "k8s", yaml).await, @r"
    delete ConfigMap default/settings
    - # ConfigMap default/settings
    - apiVersion: v1
    - kind: ConfigMap
    - metadata:
    -   name: settings
    -   namespace: default
    ");
    apply_on(&api.probe(), "k8s", yaml).await.unwrap();
    assert_eq!(told(&api.probe(), "k8s", yaml).await, "");
}

#[tokio::test]
async fn only_what_is_there_is_patched() {
    let yaml = "{state: patched, definition: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}, data: {b: x}}}";
    let api = Api::default();
    assert_eq!(
        told(&api.probe(), "k8s", yaml).await,
        "warning: ConfigMap default/settings is not there, and is not patched"
    );
    let api = Api::with([
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}, "data": {"a": "1"}}),
    ]);
    assert!(
        told(&api.probe(), "k8s", yaml)
            .await
            .starts_with("change ConfigMap default/settings")
    );
    apply_on(&api.probe(), "k8s", yaml).await.unwrap();
    assert_eq!(
        api.get("ConfigMap", "settings").unwrap()["data"],
        json!({"a": "1", "b": "x"})
    );
    assert_eq!(told(&api.probe(), "k8s", yaml).await, "");
}

#[tokio::test]
async fn former_objects_are_pruned() {
    let object = |name: &str, namespace: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, "labels": {"app": "shop"}}});
    let api = Api::with([
        object("settings", "default"),
        object("old", "default"),
        object("other", "kube-system"),
    ]);
    let yaml = "{prune: app=shop, definition: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default, labels: {app: shop}}}}";
    assert_eq!(
        told(&api.probe(), "k8s", yaml).await.lines().next(),
        Some("delete ConfigMap default/old")
    );
    apply_on(&api.probe(), "k8s", yaml).await.unwrap();
    assert!(api.get("ConfigMap", "old").is_none() && api.get("ConfigMap", "other").is_some());
}

#[test]
fn arguments_that_say_nothing_are_refused() {
    insta::assert_snapshot!(refusal("k8s", "{state: present}"), @"task.yml:1:1: no object is named (say `definition`, `src`, `template`, or `kind` and `name`)");
    assert!(
        refusal("k8s", "{src: a, template: b}")
            .message
            .contains("are mutually exclusive")
    );
    assert!(
        refusal("k8s", "{src: a, merge_type: x}")
            .message
            .contains("`merge_type` is")
    );
}

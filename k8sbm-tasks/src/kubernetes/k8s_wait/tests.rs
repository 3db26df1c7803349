//! Waiting for an API in memory.

use crate::{
    kubernetes::cluster::Api,
    testing::{Desk, apply_on, plan_on, probe, refusal, told},
};
use k8sbm_core::connection::FakeHost;
use serde_json::{Value as Json, json};

fn deployment(available: u32) -> Json {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "generation": 1},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": available,
            "conditions": [{"type": "Available", "status": if available > 1 { "True" } else { "False" }, "reason": "MinimumReplicasUnavailable"}]}})
}

fn pod() -> Json {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [{"name": "nginx", "ready": false, "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                "lastState": {"terminated": {"reason": "Error", "exitCode": 1}}}]}})
}

const WEB: &str = "kind: Deployment, name: web, namespace: shop";

#[tokio::test]
async fn what_is_so_already_costs_one_look() {
    let api = Api::with([deployment(2)]);
    for wanted in [
        "",
        ", for: rollout",
        ", condition: Available",
        ", jsonpath: '{.status.replicas}', value: 2",
    ] {
        let plan = plan_on(&api.probe(), "k8s_wait", &format!("{{{WEB}{wanted}}}"))
            .await
            .unwrap();
        assert!(plan.steps.is_empty(), "{wanted}");
        assert_eq!(plan.returns["resources"][0]["metadata"]["name"], "web");
    }
    let gone = plan_on(
        &Api::default().probe(),
        "k8s_wait",
        &format!("{{{WEB}, for: deleted}}"),
    )
    .await
    .unwrap();
    assert!(gone.steps.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_says_which_container_and_what_it_said() {
    let api = Api::with([deployment(1), pod()]);
    let yaml = format!("{{{WEB}, timeout: 10}}");
    insta::assert_snapshot!(told(&api.probe(), "k8s_wait", &yaml).await, @"wait for Deployment web in shop: ready (no change)");
    insta::assert_snapshot!(apply_on(&api.probe(), "k8s_wait", &yaml).await.unwrap_err(), @r"
    not ready within 10 s: Deployment shop/web: 1 of 2 pods are available
    pod web-1: container nginx: CrashLoopBackOff, last ended as Error with exit code 1: back-off 40s
      the last line
    ");
}

#[tokio::test(start_paused = true)]
async fn what_comes_later_is_seen() {
    let api = Api::with([deployment(1)]);
    let later = api.clone();
    let host = api.probe();
    let wait = apply_on(
        &host,
        "k8s_wait",
        "{kind: Deployment, name: web, namespace: shop, timeout: 60}",
    );
    let come = async {
        tokio::time::sleep(std::time::Duration::from_secs(9)).await;
        later.edit("Deployment", "web", |it| *it = deployment(2));
    };
    let (returned, ()) = tokio::join!(wait, come);
    assert_eq!(returned.unwrap()["elapsed"], 10);
}

#[tokio::test(start_paused = true)]
async fn services_have_endpoints_and_addresses() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}, "status": {"loadBalancer": {}}});
    let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "web-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}}, "endpoints": [{"conditions": {"ready": true}}]});
    let yaml =
        |goal| format!("{{kind: Service, name: web, namespace: shop, timeout: 1, for: {goal}}}");
    let api = Api::with([service.clone()]);
    let error = apply_on(&api.probe(), "k8s_wait", &yaml("endpoints"))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"not ready within 1 s: Service shop/web: no pod behind it is ready");
    let error = apply_on(&api.probe(), "k8s_wait", &yaml("lb_ip"))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"not ready within 1 s: Service shop/web: no load balancer gave it an address");
    let api = Api::with([service, slice]);
    api.edit("Service", "web", |it| {
        it["status"]["loadBalancer"] = json!({"ingress": [{"ip": "10.0.0.9"}]});
    });
    for goal in ["endpoints", "lb_ip"] {
        assert_eq!(told(&api.probe(), "k8s_wait", &yaml(goal)).await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_still_to_come_is_waited_for() {
    let host = || probe(FakeHost::new(), Desk::default());
    assert_eq!(
        told(&host(), "k8s_wait", "{kind: Node}").await,
        "wait for Node: ready (no change)"
    );
    let error = apply_on(&host(), "k8s_wait", "{kind: Node, timeout: 4}")
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"not so within 4 s: there is no /etc/kubernetes/admin.conf yet");
}

#[test]
fn a_goal_needs_its_particulars() {
    insta::assert_snapshot!(refusal("k8s_wait", "{kind: Pod, for: jsonpath}").message, @"`for: jsonpath` needs `jsonpath`");
    assert!(
        refusal("k8s_wait", "{kind: Pod, for: condition}")
            .message
            .contains("`condition` is")
    );
    assert!(
        refusal("k8s_wait", "{kind: Pod, jsonpath: '{.a'}")
            .message
            .contains("no path")
    );
}

#[tokio::test(start_paused = true)]
async fn of_what_an_operator_makes_conditions_pods_and_warnings_are_said() {
    let pending = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "logs-es-all-0", "namespace": "elastic", "labels": {"elasticsearch.k8s.elastic.co/cluster-name": "logs"}},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
            "containerStatuses": [{"name": "elasticsearch", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ContainerCreating"}}}]}});
    let mut other = pending.clone();
    other["metadata"] =
        json!({"name": "unrelated", "namespace": "elastic", "labels": {"app": "other"}});
    let event = |kind: &str, name: &str, time: &str, message: &str| {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": time, "namespace": "elastic"}, "type": "Warning",
            "involvedObject": {"kind": kind, "name": name}, "reason": "FailedMount", "message": message, "lastTimestamp": time})
    };
    let logs = json!({"apiVersion": "elasticsearch.k8s.elastic.co/v1", "kind": "Elasticsearch", "metadata": {"name": "logs", "namespace": "elastic"},
        "status": {"health": "red", "conditions": [
            {"type": "ReconciliationComplete", "status": "True"},
            {"type": "ElasticsearchIsReachable", "status": "False", "message": "Service elastic/logs-es-internal-http has endpoints but none ready"}]}});
    let api = Api::with([
        logs,
        pending,
        other,
        event(
            "Pod",
            "logs-es-all-0",
            "2026-01-01T00:00:02Z",
            "no such disk",
        ),
        event(
            "Pod",
            "logs-es-all-0",
            "2026-01-01T00:00:01Z",
            "an older one",
        ),
        event("Pod", "unrelated", "2026-01-01T00:00:03Z", "of another"),
    ]);
    let yaml = "{kind: Elasticsearch, namespace: elastic, jsonpath: '{.status.health}', value: green, timeout: 3}";
    insta::assert_snapshot!(apply_on(&api.probe(), "k8s_wait", yaml).await.unwrap_err(), @r"
    not ready within 3 s: Elasticsearch elastic/logs: {.status.health} is red, not green
    ElasticsearchIsReachable is False: Service elastic/logs-es-internal-http has endpoints but none ready
    pod logs-es-all-0: it is Pending; Ready is False (ContainersNotReady)
      FailedMount: no such disk
    ");
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_gets_no_volume_says_why() {
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}, "spec": {}, "status": {"phase": "Pending"}});
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"}, "type": "Warning",
        "involvedObject": {"kind": "PersistentVolumeClaim", "name": "data"}, "reason": "ProvisioningFailed", "message": "storageclass fast not found", "eventTime": "2026-01-01T00:00:00Z"});
    let api = Api::with([claim, event]);
    let yaml = "{kind: PersistentVolumeClaim, name: data, namespace: shop, timeout: 3}";
    insta::assert_snapshot!(apply_on(&api.probe(), "k8s_wait", yaml).await.unwrap_err(), @r"
    not ready within 3 s: PersistentVolumeClaim shop/data: it is Pending, not Bound
    ProvisioningFailed: storageclass fast not found
    ");
}

#[tokio::test(start_paused = true)]
async fn a_pod_whose_claim_gets_no_volume_says_why() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shop-0", "namespace": "shop"},
        "spec": {"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}, "status": {"phase": "Pending"}});
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"}, "type": "Warning",
        "involvedObject": {"kind": "PersistentVolumeClaim", "name": "data"}, "reason": "ProvisioningFailed", "message": "no helper", "eventTime": "2026-01-01T00:00:00Z"});
    let api = Api::with([pod, event]);
    let yaml = "{kind: Pod, name: shop-0, namespace: shop, timeout: 3}";
    insta::assert_snapshot!(apply_on(&api.probe(), "k8s_wait", yaml).await.unwrap_err(), @r"
    not ready within 3 s: Pod shop/shop-0: it is Pending; it has no condition Ready yet
    pod shop-0: it is Pending; it has no condition Ready yet
      claim data: ProvisioningFailed: no helper
    ");
}

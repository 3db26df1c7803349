//! Manifests of a host against an API in memory.

use crate::{
    kubernetes::cluster::Api,
    testing::{Desk, apply_on, plan_on, probe, refusal, told},
};
use k8sbm_core::task::Probe;
use serde_json::json;

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {level: high}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n";

fn host(api: &Api) -> Probe {
    let host = api
        .host()
        .file("/etc/kubernetes/settings.yml", SETTINGS)
        .file("/etc/kubernetes/addons/a.yaml", SETTINGS)
        .file("/etc/kubernetes/addons/README", "no manifest");
    probe(host, Desk::default())
}

const APPLIED: &str = "{name: Settings, kubectl: /usr/local/bin/kubectl, filename: /etc/kubernetes/settings.yml, namespace: kube-system, state: latest}";

#[tokio::test]
async fn a_manifest_of_the_host_is_applied_where_it_differs() {
    let api = Api::default();
    let host = host(&api);
    insta::assert_snapshot!(told(&host, "kube", APPLIED).await, @r"
    create ConfigMap kube-system/settings, ConfigMap kube-system/more
    + # ConfigMap kube-system/settings
    + apiVersion: v1
    + kind: ConfigMap
    + metadata:
    +   name: settings
    +   namespace: kube-system
    + data:
    +   level: high
    + # ConfigMap kube-system/more
    + apiVersion: v1
    + kind: ConfigMap
    + metadata:
    +   name: more
    +   namespace: kube-system
    ");
    let returned = apply_on(&host, "kube", APPLIED).await.unwrap();
    assert_eq!(
        returned["msg"],
        "success: create ConfigMap kube-system/settings, ConfigMap kube-system/more"
    );
    assert_eq!(told(&host, "kube", APPLIED).await, "");
    let directory = "{files: [/etc/kubernetes/addons], namespace: kube-system}";
    assert_eq!(told(&host, "kube", directory).await, "");
}

#[tokio::test]
async fn what_is_written_later_is_read_then() {
    let api = Api::default();
    let fake = api.host();
    let host = probe(fake.clone(), Desk::default());
    let yaml = "{filename: /etc/kubernetes/later.yml, namespace: kube-system}";
    assert_eq!(
        told(&host, "kube", yaml).await,
        "apply /etc/kubernetes/later.yml"
    );
    let plan = plan_on(&host, "kube", yaml).await.unwrap();
    fake.write("/etc/kubernetes/later.yml", SETTINGS);
    let host = k8sbm_core::host::Host::new(host);
    plan.apply(&host).await.unwrap();
    assert_eq!(
        api.get("ConfigMap", "settings").unwrap()["data"]["level"],
        "high"
    );
}

#[tokio::test]
async fn an_object_is_asked_for_and_removed() {
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "upgrade", "namespace": "kube-system"}});
    let api = Api::with([job]);
    let host = host(&api);
    let asked = "{name: upgrade, resource: job, namespace: kube-system, state: exists}";
    let there = plan_on(&host, "kube", asked).await.unwrap();
    assert_eq!(there.returns["msg"], "True");
    let removed = "{name: upgrade, resource: job, namespace: kube-system, state: absent}";
    let text = told(&host, "kube", removed).await;
    assert!(text.starts_with("delete Job kube-system/upgrade"), "{text}");
    apply_on(&host, "kube", removed).await.unwrap();
    assert_eq!(told(&host, "kube", removed).await, "");
    let there = plan_on(&host, "kube", asked).await.unwrap();
    assert_eq!(there.returns["msg"], "False");
}

#[test]
fn what_is_meant_must_be_said() {
    for yaml in [
        "{name: a}",
        "{name: a, state: absent}",
        "{resource: pods, state: absent}",
        "{filename: a, state: stopped}",
    ] {
        refusal("kube", yaml);
    }
}

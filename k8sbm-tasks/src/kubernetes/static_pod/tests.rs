use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;
use k8sbm_core::host::Output;
use std::sync::{Arc, Mutex};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: web:1\n";

fn desk() -> Desk {
    Desk::with_files(&[("web.yaml", POD)])
}

#[tokio::test]
async fn the_manifest_is_written_and_its_directory_made() {
    let host = FakeHost::new();
    let probe = probe(host.clone(), desk());
    insta::assert_snapshot!(told(&probe, "static_pod", "{name: web, src: web.yaml}").await, @r"
    make directory /etc/kubernetes/manifests
    - state: absent
    + state: directory
    write /etc/kubernetes/manifests/web.yaml
    + apiVersion: v1
    + kind: Pod
    + metadata:
    +   name: web
    + spec:
    +   containers:
    +   - name: web
    +     image: web:1
    ");
    apply_on(&probe, "static_pod", "{name: web, src: web.yaml}")
        .await
        .unwrap();
    let path = "/etc/kubernetes/manifests/web.yaml";
    assert_eq!(host.content(path).as_deref(), Some(POD));
    assert_eq!(host.stat(path).unwrap().mode, 0o600);
    // As text, as a template and as fields it is the same pod.
    for same in [
        "{name: web, template: web.yaml}",
        "{name: web, definition: {apiVersion: v1, kind: Pod, metadata: {name: web}, \
          spec: {containers: [{name: web, image: 'web:1'}]}}}",
    ] {
        assert!(
            plan_on(&probe, "static_pod", same)
                .await
                .unwrap()
                .is_empty()
        );
    }
    apply_on(&probe, "static_pod", "{name: web, state: absent}")
        .await
        .unwrap();
    assert_eq!(host.content(path), None);
}

/// What crictl lists: the pod in this sandbox.
fn listed(sandbox: &str) -> Vec<u8> {
    format!(
        r#"{{"containers": [
            {{"podSandboxId": "{sandbox}", "state": "CONTAINER_RUNNING",
              "labels": {{"io.kubernetes.pod.name": "web-cp1"}}}},
            {{"podSandboxId": "s9", "state": "CONTAINER_RUNNING",
              "labels": {{"io.kubernetes.pod.name": "web-front-cp1"}}}}
        ]}}"#
    )
    .into()
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_when_the_kubelet_runs_it_as_it_is_written() {
    let rounds = Arc::new(Mutex::new(0));
    let count = rounds.clone();
    let host = FakeHost::new()
        .query(["uname", "-n"], "cp1\n")
        .query(
            ["crictl", "ps", "-o", "json"],
            &String::from_utf8(listed("old")).unwrap(),
        )
        .command_with(["crictl", "ps", "-o", "json"], move |_, _| {
            *count.lock().unwrap() += 1;
            let sandbox = if *count.lock().unwrap() < 3 {
                "old"
            } else {
                "new"
            };
            Output {
                stdout: listed(sandbox),
                ..Output::default()
            }
        });
    let probe = probe(host, desk());
    apply_on(
        &probe,
        "static_pod",
        "{name: web, src: web.yaml, wait: true}",
    )
    .await
    .unwrap();
    assert_eq!(*rounds.lock().unwrap(), 3);
    // It runs: there is nothing to wait for.
    let plan = plan_on(
        &probe,
        "static_pod",
        "{name: web, src: web.yaml, wait: true}",
    )
    .await
    .unwrap();
    assert!(plan.steps.is_empty());
}

#[test]
fn what_is_no_static_pod_is_refused() {
    let said = |content: &str| {
        let arguments = format!("{{name: web, content: {content:?}}}");
        refusal("static_pod", &arguments).message
    };
    let all = [
        "kind: Deployment",
        "{apiVersion: v1, kind: Pod, metadata: {}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: other}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: []}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: a}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: a, image: b}], volumes: [{name: c, secret: {}}]}}",
    ];
    insta::assert_snapshot!(all.map(said).join("\n"), @r"
    content: a static pod is a `Pod` of `apiVersion: v1`, and nothing else
    content: the pod lacks `metadata.name`
    content: the pod is called `other`, and the task says `web`
    content: the pod lacks `spec.containers`
    content: container 1 lacks its `image`
    content: a static pod cannot have a volume of a `secret`
    ");
    refusal("static_pod", "{name: web}");
    refusal("static_pod", "{name: web, content: a, src: b}");
    refusal("static_pod", "{name: web, content: a, state: absent}");
}

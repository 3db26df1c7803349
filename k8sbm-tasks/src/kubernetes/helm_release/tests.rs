//! Releases on a host with a helm in memory.

use crate::{
    kubernetes::cluster::Api,
    testing::{Desk, apply_on, probe, refusal, told},
};
use k8sbm_core::{
    connection::FakeHost,
    host::{Command, Output, Program},
    task::Probe,
};
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex};

/// A helm that remembers one release, and what it was told.
#[derive(Clone, Default)]
struct Fake {
    release: Arc<Mutex<Option<Json>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    fn with(release: Json) -> Self {
        let fake = Self::default();
        *fake.release.lock().unwrap() = Some(release);
        fake
    }

    fn host(&self) -> Probe {
        let (asked, ordered) = (self.clone(), self.clone());
        let is = |command: &Command| matches!(&command.program, Program::Argv(argv) if argv[0] == "helm");
        let host = Api::default()
            .host()
            .file("/charts/demo-1.2.3.tgz", "chart")
            .queries(is, move |_, command| asked.answer(command))
            .commands(is, move |_, command| ordered.answer(command));
        probe(host, Desk::default())
    }

    fn answer(&self, command: &Command) -> Output {
        let Program::Argv(argv) = &command.program else {
            panic!("no script is expected")
        };
        let words: Vec<&str> = argv[1..argv.len() - 2].iter().map(String::as_str).collect();
        let option = |name: &str| {
            words
                .iter()
                .position(|it| *it == name)
                .map(|at| words[at + 1])
        };
        let mut release = self.release.lock().unwrap();
        let printed = |text: String| Output {
            stdout: text.into_bytes(),
            ..Output::default()
        };
        match (words[0], &*release) {
            ("status" | "get", None) => Output {
                status: 1,
                stderr: b"Error: release: not found\n".to_vec(),
                ..Output::default()
            },
            ("status", Some(it)) => printed(it["status"].to_string()),
            ("get", Some(it)) => printed(it["metadata"].to_string()),
            ("show", _) => printed("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.example.org}\nspec: {group: example.org, names: {kind: X}}\n".into()),
            (verb, _) => {
                self.told.lock().unwrap().push(words.iter().filter(|it| !it.starts_with("k8sbm sha256")).copied().collect::<Vec<_>>().join(" "));
                let values: Json = serde_json::from_slice(command.stdin.as_deref().unwrap_or(b"null")).unwrap();
                match verb {
                    "upgrade" => *release = Some(installed("deployed", option("--description").unwrap(), values)),
                    "uninstall" => *release = None,
                    "rollback" => *release = Some(installed("deployed", "Rollback to 1", json!({}))),
                    other => panic!("helm {other}"),
                }
                Output::default()
            }
        }
    }
}

fn installed(status: &str, description: &str, values: Json) -> Json {
    json!({"status": {"info": {"status": status, "description": description}, "config": values, "version": 1},
        "metadata": {"chart": "demo", "version": "1.2.3", "appVersion": "1"}})
}

const DEMO: &str = "{name: demo, chart: repo/demo, version: 1.2.3, namespace: shop, values: {replicas: 2, adminPassword: geheim}}";

#[tokio::test]
async fn a_release_is_installed_once_and_upgraded_when_values_differ() {
    let fake = Fake::default();
    insta::assert_snapshot!(told(&fake.host(), "helm_release", DEMO).await, @r"
    install release demo of repo/demo 1.2.3 in shop
    + chart: repo/demo
    + version: 1.2.3
    + status: deployed
    + values:
    +   replicas: 2
    +   adminPassword: (secret)
    ");
    let returned = apply_on(&fake.host(), "helm_release", DEMO).await.unwrap();
    assert_eq!(returned["status"]["chart"], "demo-1.2.3");
    assert_eq!(told(&fake.host(), "helm_release", DEMO).await, "");
    insta::assert_snapshot!(fake.told.lock().unwrap().join("\n"), @"upgrade demo repo/demo --install -n shop --description --timeout 600s --reset-values --version 1.2.3 -f -");
    let other = DEMO.replace("replicas: 2", "replicas: 3");
    let told = told(&fake.host(), "helm_release", &other).await;
    assert!(told.starts_with("upgrade release demo"), "{told}");
}

#[tokio::test]
async fn what_somebody_else_installed_is_compared() {
    let values = json!({"adminPassword": "geheim", "replicas": 2});
    let fake = Fake::with(installed("deployed", "Install complete", values));
    assert_eq!(told(&fake.host(), "helm_release", DEMO).await, "");
    let newer = DEMO.replace("1.2.3", "1.3.0");
    assert!(
        told(&fake.host(), "helm_release", &newer)
            .await
            .starts_with("upgrade release demo")
    );
}

#[tokio::test]
async fn what_was_left_pending_is_recovered() {
    let fake = Fake::with(installed("pending-upgrade", "Preparing upgrade", json!({})));
    let first = told(&fake.host(), "helm_release", DEMO).await;
    assert!(
        first.starts_with("recover and upgrade release demo"),
        "{first}"
    );
    apply_on(&fake.host(), "helm_release", DEMO).await.unwrap();
    assert!(fake.told.lock().unwrap()[0].starts_with("rollback demo"));
    assert_eq!(told(&fake.host(), "helm_release", DEMO).await, "");
}

#[tokio::test]
async fn an_archive_counts_by_its_content() {
    let fake = Fake::default();
    let yaml = "{name: demo, chart: /charts/demo-1.2.3.tgz}";
    apply_on(&fake.host(), "helm_release", yaml).await.unwrap();
    assert_eq!(told(&fake.host(), "helm_release", yaml).await, "");
    let missing = told(
        &fake.host(),
        "helm_release",
        "{name: demo, chart: /charts/other.tgz}",
    )
    .await;
    insta::assert_snapshot!(missing, @"error: there is no /charts/other.tgz on the host");
}

#[tokio::test]
async fn kinds_come_first_and_a_release_goes() {
    let fake = Fake::default();
    let yaml = "{name: demo, chart: repo/demo, crds: apply_first}";
    let first = told(&fake.host(), "helm_release", yaml).await;
    assert!(
        first.starts_with("create CustomResourceDefinition x.example.org"),
        "{first}"
    );
    apply_on(&fake.host(), "helm_release", yaml).await.unwrap();
    assert!(
        told(&fake.host(), "helm_release", "{name: demo, state: absent}")
            .await
            .starts_with("uninstall release demo")
    );
    apply_on(&fake.host(), "helm_release", "{name: demo, state: absent}")
        .await
        .unwrap();
    assert_eq!(
        told(&fake.host(), "helm_release", "{name: demo, state: absent}").await,
        ""
    );
}

#[tokio::test]
async fn without_a_cluster_it_is_still_to_be_installed() {
    let host = probe(FakeHost::new(), Desk::default());
    assert!(
        told(&host, "helm_release", DEMO)
            .await
            .starts_with("install release demo")
    );
}

#[test]
fn names_and_values_are_checked() {
    insta::assert_snapshot!(refusal("helm_release", "{name: A, chart: b}").message, @"`A` is no name of a release");
    assert!(
        refusal("helm_release", "{name: a}")
            .message
            .contains("`chart` is needed")
    );
    assert!(
        refusal("helm_release", "{name: a, chart: b, values: [1]}")
            .message
            .contains("`values` is a mapping")
    );
}

#[tokio::test]
async fn a_release_that_does_not_come_up_says_which_pod_and_why() {
    let pod = |name: &str, release: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {"release": release}},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
                "containerStatuses": [{"name": "main", "ready": false, "restartCount": 0, "state": {"running": {}}}]}})
    };
    let api = Api::with([pod("other-1", "other"), pod("demo-1", "demo")]);
    let is =
        |command: &Command| matches!(&command.program, Program::Argv(argv) if argv[0] == "helm");
    let says = |said: &str| Output {
        status: 1,
        stderr: said.into(),
        ..Output::default()
    };
    let (none, late) = (
        says("Error: release: not found\n"),
        says("Error: context deadline exceeded\n"),
    );
    let host = api
        .host()
        .queries(is, move |_, _| none.clone())
        .commands(is, move |_, _| late.clone());
    let host = probe(host, Desk::default());
    let error = apply_on(&host, "helm_release", DEMO).await.unwrap_err();
    insta::assert_snapshot!(error, @r"
    release demo: context deadline exceeded
    pod demo-1: container main: runs, but is not ready
      the last line
    ");
}

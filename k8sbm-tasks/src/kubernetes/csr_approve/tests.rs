//! Requests in an API in memory.

use crate::{
    kubernetes::cluster::Api,
    testing::{Desk, apply_on, plan_on, probe, refusal, told},
};
use k8sbm_core::{
    host::{Command, Output, Program},
    task::Probe,
};
use serde_json::{Value as Json, json};

fn csr(name: &str, user: &str) -> Json {
    json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
        "spec": {"signerName": "kubernetes.io/kubelet-serving", "username": user, "request": "UEVN"}, "status": {}})
}

fn node() -> Json {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1"}, "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.4"}]}})
}

fn host(api: &Api, names: &str) -> Probe {
    let text = format!(
        "Subject:\n  organizationName=system:nodes\n  commonName=system:node:w1\nX509v3 Subject Alternative Name:\n  {names}\n"
    );
    let openssl =
        |command: &Command| matches!(&command.program, Program::Argv(argv) if argv[0] == "openssl");
    let host = api.host().queries(openssl, move |_, _| Output {
        stdout: text.clone().into_bytes(),
        ..Output::default()
    });
    probe(host, Desk::default())
}

#[tokio::test]
async fn a_nodes_own_request_is_approved() {
    let api = Api::with([csr("csr-1", "system:node:w1"), node()]);
    let host = || host(&api, "DNS:w1, IP Address:10.0.0.4");
    insta::assert_snapshot!(told(&host(), "csr_approve", "{}").await, @"approve csr-1 of w1 (w1, 10.0.0.4)");
    apply_on(&host(), "csr_approve", "{}").await.unwrap();
    assert_eq!(told(&host(), "csr_approve", "{}").await, "");
}

#[tokio::test]
async fn names_of_others_are_refused() {
    let api = Api::with([csr("csr-1", "system:node:w1"), node()]);
    let host = || host(&api, "DNS:w1, DNS:kubernetes, IP Address:10.0.0.9");
    insta::assert_snapshot!(told(&host(), "csr_approve", "{}").await, @"warning: the request csr-1 is not approved: `w1` has no right to kubernetes, 10.0.0.9");
    assert!(
        told(&host(), "csr_approve", "{strict: true}")
            .await
            .starts_with("error: the request csr-1")
    );
    let known = "{sans: {w1: [w1, kubernetes, 10.0.0.9]}}";
    assert!(
        told(&host(), "csr_approve", known)
            .await
            .starts_with("approve csr-1")
    );
}

#[tokio::test]
async fn requests_of_others_are_refused() {
    let api = Api::with([csr("csr-1", "system:node:w2"), node()]);
    let plan = plan_on(&host(&api, "DNS:w1"), "csr_approve", "{}")
        .await
        .unwrap();
    assert!(plan.is_empty());
    assert_eq!(
        plan.returns["refused"][0]["why"],
        "it is for `w1`, and comes from `system:node:w2`"
    );
    let api = Api::with([csr("csr-1", "system:node:w1"), node()]);
    let plan = plan_on(&host(&api, "DNS:w1"), "csr_approve", "{nodes: [w9]}")
        .await
        .unwrap();
    assert_eq!(
        plan.returns["refused"][0]["why"],
        "`w1` is none of the nodes"
    );
}

#[test]
fn only_known_signers_are_judged() {
    let message = refusal("csr_approve", "{signers: [example.org/x]}").message;
    assert_eq!(message, "requests to `example.org/x` cannot be judged");
}

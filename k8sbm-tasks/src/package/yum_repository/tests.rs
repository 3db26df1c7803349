//! Repositories of a host in memory.

use crate::testing::{Desk, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, task::Probe};

const FILE: &str = "# ours\n[kubernetes]\nname = Kubernetes\nenabled=1\nbaseurl = https://a/\n\thttps://b/\n\n[other]\nname=Other\n";

fn host() -> Probe {
    let host = FakeHost::new().file("/etc/yum.repos.d/kubernetes.repo", FILE);
    probe(host, Desk::default())
}

#[tokio::test]
async fn a_new_repository_has_a_file_of_its_own() {
    let yaml = "{name: epel, description: EPEL, baseurl: [https://a/, https://b/], gpgcheck: false, exclude: [a, b]}";
    insta::assert_snapshot!(told(&host(), "yum_repository", yaml).await, @r"
    write /etc/yum.repos.d/epel.repo
    + [epel]
    + baseurl = https://a/
    + 	https://b/
    + exclude = a b
    + gpgcheck = 0
    + name = EPEL
    +
    ");
}

#[tokio::test]
async fn sections_are_compared_by_what_they_say() {
    let yaml = "{name: kubernetes, description: Kubernetes, baseurl: 'https://a/,https://b/', enabled: true}";
    assert_eq!(told(&host(), "yum_repository", yaml).await, "");
    let yaml = "{name: kubernetes, description: Kubernetes, baseurl: https://c/}";
    insta::assert_snapshot!(told(&host(), "yum_repository", yaml).await, @r"
    write /etc/yum.repos.d/kubernetes.repo
    - # ours
    - [kubernetes]
    - name = Kubernetes
    - enabled=1
    - baseurl = https://a/
    - 	https://b/
    -
    - [other]
    - name=Other
    + # ours
    +
    + [kubernetes]
    + baseurl = https://c/
    + name = Kubernetes
    +
    + [other]
    + name=Other
    ");
}

#[tokio::test]
async fn the_last_section_goes_with_its_file() {
    let host = FakeHost::new().file("/etc/yum.repos.d/a.repo", "[a]\nname=A\n");
    let host = probe(host, Desk::default());
    let text = told(&host, "yum_repository", "{name: a, state: absent}").await;
    assert!(text.starts_with("remove /etc/yum.repos.d/a.repo"), "{text}");
    assert_eq!(
        told(&host, "yum_repository", "{name: b, state: absent}").await,
        ""
    );
}

#[test]
fn an_address_is_needed() {
    refusal("yum_repository", "{name: a, description: A}");
    refusal("yum_repository", "{name: a, baseurl: https://a/}");
}

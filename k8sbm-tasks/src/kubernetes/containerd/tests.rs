use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::{
    connection::FakeHost,
    host::{Command, Output},
};

const DEBIAN: &str = "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6\n";

fn installed() -> FakeHost {
    FakeHost::new()
        .query(["containerd", "--version"], DEBIAN)
        .query(["systemctl", "is-active", "containerd"], "active\n")
        .query(["systemctl", "is-enabled", "containerd"], "enabled\n")
        .command_with(["systemctl", "restart", "containerd"], restarted)
        .file("/etc/containerd/config.toml", "version = 2\n")
        .file("/run/containerd/containerd.sock", "")
}

fn restarted(host: &FakeHost, _: &Command) -> Output {
    host.write("/run/containerd/containerd.sock", "");
    Output::default()
}

#[tokio::test]
async fn it_is_configured_and_restarted_once() {
    let fake = installed();
    let host = probe(fake.clone(), Desk::default());
    let mirrors = "{registries: {docker.io: {mirrors: ['https://mirror.example.com']}}}";
    let plan = plan_on(&host, "containerd", mirrors).await.unwrap();
    let steps: Vec<_> = plan.steps.iter().map(|step| &*step.summary).collect();
    insta::assert_snapshot!(steps.join("\n"), @r"
    make directory /etc/containerd/certs.d
    write /etc/containerd/config.toml
    make directory /etc/containerd/certs.d/docker.io
    write /etc/containerd/certs.d/docker.io/hosts.toml
    write /etc/crictl.yaml
    run systemctl restart containerd
    ");
    assert_eq!(plan.returns["config_version"], 2);
    apply_on(&host, "containerd", mirrors).await.unwrap();
    assert_eq!(fake.ran(), ["systemctl restart containerd"]);
    assert!(
        plan_on(&host, "containerd", mirrors)
            .await
            .unwrap()
            .is_empty()
    );
    insta::assert_snapshot!(fake.content("/etc/containerd/certs.d/docker.io/hosts.toml").unwrap(), @r#"
    # Written by k8sbm.
    [host."https://mirror.example.com"]
    capabilities = ["pull", "resolve"]
    "#);
}

#[tokio::test]
async fn a_mirror_more_needs_no_restart() {
    let fake = installed();
    let host = probe(fake.clone(), Desk::default());
    apply_on(&host, "containerd", "{}").await.unwrap();
    let own = "{registries: {harbor.example.com: {ca: /etc/ssl/harbor.crt, skip_verify: true}}}";
    apply_on(&host, "containerd", own).await.unwrap();
    assert_eq!(fake.ran().len(), 1);
    insta::assert_snapshot!(fake.content("/etc/containerd/certs.d/harbor.example.com/hosts.toml").unwrap(), @r#"
    # Written by k8sbm.
    [host."https://harbor.example.com"]
    capabilities = ["pull", "resolve"]
    ca = "/etc/ssl/harbor.crt"
    skip_verify = true
    "#);
}

#[tokio::test]
async fn what_was_written_and_not_read_is_made_up_for() {
    let fake = installed();
    let host = probe(fake.clone(), Desk::default());
    apply_on(&host, "containerd", "{}").await.unwrap();
    let text = fake.content("/etc/containerd/config.toml").unwrap();
    fake.write("/etc/containerd/config.toml", text);
    k8sbm_core::host::Host::new(host.clone()).machine().forget();
    insta::assert_snapshot!(told(&host, "containerd", "{}").await, @"run systemctl restart containerd");
}

#[tokio::test]
async fn before_it_is_installed_nobody_knows_or_the_version_is_said() {
    let bare = || {
        FakeHost::new()
            .query_fails(["containerd", "--version"], 127, "not found")
            .query_fails(["systemctl", "is-active", "containerd"], 3, "")
            .query_fails(["systemctl", "is-enabled", "containerd"], 1, "")
    };
    let host = probe(bare(), Desk::default());
    assert_eq!(
        told(&host, "containerd", "{}").await,
        "configure containerd once it is installed"
    );
    let error = apply_on(&host, "containerd", "{}").await.unwrap_err();
    assert_eq!(error.message, "containerd is not installed");
    let said = plan_on(
        &probe(bare(), Desk::default()),
        "containerd",
        "{version: '2.1', crictl: false}",
    )
    .await
    .unwrap();
    let steps: Vec<_> = said.steps.iter().map(|step| &*step.summary).collect();
    insta::assert_snapshot!(steps.join("\n"), @r"
    make directory /etc/containerd
    make directory /etc/containerd/certs.d
    write /etc/containerd/config.toml
    run systemctl enable containerd
    run systemctl start containerd
    ");
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for arguments in [
        "{version: new}",
        "{registries: {docker.io: {mirrors: [mirror.example.com]}}}",
        "{registries: {'https://docker.io': {}}}",
        "{registries: {docker.io: {mirror: x}}}",
    ] {
        refusal("containerd", arguments);
    }
}

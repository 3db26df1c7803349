//! What `redhat_subscription` does to hosts in memory.

use crate::testing::{Desk, apply_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, host::Output, task::Probe};

const IDENTITY: [&str; 2] = ["subscription-manager", "identity"];
const KEY: &str = "{activationkey: nodes, org_id: '12', auto_attach: true}";

fn host(registered: bool, more: impl Fn(FakeHost) -> FakeHost) -> Probe {
    let host = FakeHost::new().file("/usr/sbin/subscription-manager", "");
    let host = match registered {
        true => host.query(IDENTITY, "system identity: 1\n"),
        false => host.query_fails(IDENTITY, 1, "This system is not yet registered."),
    };
    probe(more(host), Desk::default())
}

#[tokio::test]
async fn a_host_is_registered_once() {
    let register = [
        "subscription-manager",
        "register",
        "--auto-attach",
        "--org",
        "12",
        "--activationkey",
        "nodes",
    ];
    let bare = host(false, |it| it.command(register, ""));
    insta::assert_snapshot!(told(&bare, "redhat_subscription", KEY).await, @r"
    register the host by a key of 12
    - state: absent
    + state: present
    ");
    apply_on(&bare, "redhat_subscription", KEY).await.unwrap();
    let known = host(true, |it| it);
    assert_eq!(told(&known, "redhat_subscription", KEY).await, "");
    insta::assert_snapshot!(told(&known, "redhat_subscription", "state: absent").await, @"run subscription-manager unregister");
    let bare = host(false, |it| it);
    assert_eq!(
        told(&bare, "redhat_subscription", "state: absent").await,
        ""
    );
}

#[tokio::test]
async fn a_password_is_never_told() {
    let refused = |host: FakeHost| {
        host.commands(
            |it| it.line().contains(" register "),
            |_, _| Output {
                status: 70,
                stderr: b"Invalid credentials.\n".to_vec(),
                ..Output::default()
            },
        )
    };
    let host = host(true, refused);
    let arguments =
        "{username: me, password: s3cret, force_register: true, server_hostname: rhsm.example.org}";
    let said = told(&host, "redhat_subscription", arguments).await;
    assert!(
        said.starts_with("register the host as me\n") && !said.contains("s3cret"),
        "{said}"
    );
    let arguments = "{username: me, password: s3cret, force_register: true}";
    let error = apply_on(&host, "redhat_subscription", arguments)
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "the host was not registered: Invalid credentials."
    );
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn what_a_host_is_for_is_written_beside_what_is_known() {
    let purpose = "{\"role\": \"Server\", \"usage\": \"Test\"}";
    let it = host(true, |it| it.file(super::PURPOSE, purpose));
    let arguments = "{username: me, password: it, syspurpose: {usage: Production, sync: true}}";
    insta::assert_snapshot!(told(&it, "redhat_subscription", arguments).await, @r#"
    write /etc/rhsm/syspurpose/syspurpose.json
    - {"role": "Server", "usage": "Test"}
    + {
    +   "role": "Server",
    +   "usage": "Production"
    + }
    run subscription-manager status
    "#);
    let same = "{username: me, password: it, syspurpose: {usage: Test}}";
    assert_eq!(told(&it, "redhat_subscription", same).await, "");
}

#[test]
fn arguments_that_exclude_each_other_are_refused() {
    for wrong in [
        "{}",
        "activationkey: k",
        "{activationkey: k, org_id: o, username: me, password: it}",
        "username: me",
        "{username: me, password: it, auto_attach: true, pool_ids: [a]}",
    ] {
        refusal("redhat_subscription", wrong);
    }
}

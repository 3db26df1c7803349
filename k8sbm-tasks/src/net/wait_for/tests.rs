//! `wait_for` on a fake host, and with the real shell where it tries ports.

use super::tcp_table::tests::host;
use crate::testing::{Desk, apply_on, here, nowhere, plan_on, probe, refusal};
use k8sbm_core::{connection::FakeHost, host::Output};
use serde_json::json;
use std::{io::Write, net::TcpListener};

/// A server that says something to each who connects.
fn server(says: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(says.as_bytes());
        }
    });
    port
}

/// A port at which nobody listens.
fn silent() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn what_is_so_already_needs_no_waiting() {
    let host = host().file("/run/ready", "one\nport=22\n");
    let host = probe(host, Desk::default());
    for arguments in [
        "port: 22",
        "{port: 6443, host: localhost}",
        "path: /run/ready",
        "{path: /run/gone, state: absent}",
        "{path: /run/ready, search_regex: '^port'}",
    ] {
        let plan = plan_on(&host, "wait_for", arguments).await.unwrap();
        assert!(plan.steps.is_empty(), "{arguments}");
        assert_eq!(plan.returns["elapsed"], 0);
    }
    let found = plan_on(
        &host,
        "wait_for",
        r"{path: /run/ready, search_regex: 'port=(\d+)$'}",
    )
    .await
    .unwrap();
    assert_eq!(found.returns["match_groups"], json!(["22"]));
    for arguments in [
        "port: 80",
        "{port: 22, state: stopped}",
        "{path: /run/ready, delay: 1}",
        "{path: /run/ready, search_regex: two}",
        "{host: n9, port: 22}",
    ] {
        let plan = plan_on(&host, "wait_for", arguments).await.unwrap();
        assert!(plan.is_empty() && plan.steps.len() == 1, "{arguments}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_a_file() {
    let host = FakeHost::new().directory("/run");
    let later = host.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(7500)).await;
        let _ = later.file("/run/ready", "");
    });
    let returns = apply_on(
        &probe(host, Desk::default()),
        "wait_for",
        "path: /run/ready",
    )
    .await
    .unwrap();
    assert_eq!(
        (&returns["elapsed"], &returns["state"]),
        (&json!(8), &json!("started"))
    );
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_in_time() {
    let host = probe(
        FakeHost::new().directory("/run").file("/run/a", ""),
        Desk::default(),
    );
    let fails = async |arguments| apply_on(&host, "wait_for", arguments).await.unwrap_err();
    let error = fails("{path: /run/b, timeout: 4, sleep: 3}").await;
    assert_eq!(
        (error.message.as_str(), &error.returns["elapsed"]),
        ("Timeout when waiting for file /run/b", &json!(4))
    );
    let error = fails("{path: /run/a, state: absent, timeout: 1}").await;
    assert_eq!(
        error.message,
        "Timeout when waiting for /run/a to be absent"
    );
    let error = fails("{path: /run/a, search_regex: x+, timeout: 1}").await;
    assert_eq!(
        error.message,
        "Timeout when waiting for search string x+ in /run/a"
    );
    assert_eq!(
        fails("{path: /run/b, timeout: 0, msg: too late}")
            .await
            .message,
        "too late"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_condition_it_only_waits() {
    let returns = apply_on(
        &nowhere(Desk::default()),
        "wait_for",
        "{timeout: 30, delay: 2}",
    )
    .await;
    assert_eq!(returns.unwrap()["elapsed"], 32);
}

#[tokio::test]
async fn ports_are_tried_from_the_host() {
    let (open, shut) = (server("SSH-2.0-Server\r\n"), silent());
    let waits = async |arguments: String| apply_on(&here(), "wait_for", &arguments).await;
    assert!(
        waits(format!("{{port: {shut}, state: stopped}}"))
            .await
            .is_ok()
    );
    assert!(
        waits(format!("{{port: {open}, host: 127.0.0.1, delay: 1}}"))
            .await
            .is_ok()
    );
    let error = waits(format!("{{port: {open}, state: stopped, timeout: 0}}"))
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        format!("Timeout when waiting for 127.0.0.1:{open} to stop")
    );
    let error = waits(format!("{{port: {shut}, timeout: 0}}"))
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        format!("Timeout when waiting for 127.0.0.1:{shut}")
    );
    let returns = waits(format!(
        "{{port: {open}, search_regex: 'SSH-(?P<version>[0-9.]+)'}}"
    ))
    .await
    .unwrap();
    assert_eq!(returns["match_groupdict"], json!({"version": "2.0"}));
    let error = waits(format!("{{port: {open}, search_regex: HTTP, timeout: 0}}"))
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        format!("Timeout when waiting for search string HTTP in 127.0.0.1:{open}")
    );
}

#[tokio::test(start_paused = true)]
async fn it_waits_until_connections_are_gone() {
    let names = |_: &FakeHost, _: &_| Output {
        stdout: b"10.0.0.9        STREAM n9\n10.0.0.9        DGRAM\n".to_vec(),
        ..Output::default()
    };
    let host = probe(
        host().command_with(["getent", "ahosts", "n9"], names),
        Desk::default(),
    );
    let waits = async |arguments| apply_on(&host, "wait_for", arguments).await;
    let error = waits("{port: 22, host: 0.0.0.0, state: drained, timeout: 3}")
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "Timeout when waiting for 0.0.0.0:22 to drain"
    );
    let except = "{port: 22, host: 0.0.0.0, state: drained, exclude_hosts: n9}";
    assert_eq!(waits(except).await.unwrap()["elapsed"], 0);
    let established =
        "{port: 80, host: 10.0.0.1, state: drained, active_connection_states: ESTABLISHED}";
    assert!(waits(established).await.is_ok());
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let refused = |arguments| refusal("wait_for", arguments).message;
    assert_eq!(
        refused("{port: 1, path: /a}"),
        "`port` and `path` are mutually exclusive"
    );
    assert_eq!(refused("state: drained"), "`state: drained` needs a `port`");
    assert!(refused("{path: /a, state: stopped}").contains("need a `port`"));
    assert_eq!(
        refused("{port: 1, exclude_hosts: a}"),
        "`exclude_hosts` needs `state: drained`"
    );
    assert!(refused("{path: /a, search_regex: '('}").starts_with("`(` is no regular expression"));
}

//! Zones of a host in memory.

use crate::testing::{Desk, plan_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, task::Probe};

fn host(runs: bool) -> Probe {
    let answer = move |line: &str| match line {
        "firewall-cmd --state" if runs => (0, "running"),
        "firewall-cmd --state" => (252, ""),
        "firewall-cmd --permanent --zone=internal --query-port=22/tcp" => (0, "yes"),
        "firewall-cmd --query-masquerade" => (0, "yes"),
        "firewall-cmd --permanent --get-zones" => (0, "public trusted"),
        "firewall-cmd --permanent --zone=public --get-target" => (0, "default"),
        "firewall-cmd --zone=nowhere --query-service=ssh" => (112, ""),
        _ => (1, "no"),
    };
    let host = FakeHost::new().queries(
        |_| true,
        move |_, command| {
            let (status, stdout) = answer(&command.line());
            k8sbm_core::host::Output {
                status,
                stdout: stdout.into(),
                stderr: if status == 112 {
                    "Error: INVALID_ZONE: nowhere\n".into()
                } else {
                    Vec::new()
                },
            }
        },
    );
    probe(host, Desk::default())
}

#[tokio::test]
async fn now_and_for_good_are_two_configurations() {
    let yaml = "{port: 22/tcp, zone: internal, state: enabled, permanent: true, immediate: true}";
    insta::assert_snapshot!(told(&host(true), "firewalld", yaml).await, @r"
    run firewall-cmd --zone=internal --add-port=22/tcp
    + --zone=internal --add-port=22/tcp
    ");
    let plan = plan_on(&host(true), "firewalld", yaml).await.unwrap();
    assert_eq!(
        plan.returns["msg"],
        "Permanent and Non-Permanent(immediate) operation, Changed port 22/tcp to enabled"
    );
    let yaml = "{port: 22/tcp, zone: internal, state: enabled, permanent: true}";
    assert_eq!(told(&host(true), "firewalld", yaml).await, "");
}

#[tokio::test]
async fn what_is_on_or_off_is_so_by_its_value() {
    let yaml = "{masquerade: false, state: enabled}";
    insta::assert_snapshot!(told(&host(true), "firewalld", yaml).await, @r"
    run firewall-cmd --remove-masquerade
    + --remove-masquerade
    ");
    assert_eq!(
        told(
            &host(true),
            "firewalld",
            "{masquerade: true, state: enabled}"
        )
        .await,
        ""
    );
}

#[tokio::test]
async fn a_zone_is_made_and_given_a_target() {
    let yaml = "{zone: nodes, state: present, permanent: true}";
    assert!(
        told(&host(true), "firewalld", yaml)
            .await
            .starts_with("run firewall-cmd --permanent --new-zone=nodes")
    );
    let yaml = "{zone: public, state: present, permanent: true, target: DROP}";
    assert!(
        told(&host(true), "firewalld", yaml)
            .await
            .starts_with("run firewall-cmd --permanent --zone=public --set-target=DROP")
    );
    let yaml = "{zone: nowhere, service: ssh, state: enabled}";
    assert_eq!(
        told(&host(true), "firewalld", yaml).await,
        "error: INVALID_ZONE: nowhere"
    );
}

#[tokio::test]
async fn without_firewalld_its_files_are_changed() {
    let yaml = "{service: ssh, state: enabled, permanent: true, offline: true, immediate: true}";
    assert!(
        told(&host(false), "firewalld", yaml)
            .await
            .starts_with("run firewall-offline-cmd --add-service=ssh")
    );
    let yaml = "{service: ssh, state: enabled}";
    assert!(
        told(&host(false), "firewalld", yaml)
            .await
            .starts_with("error: firewall is not currently running")
    );
}

#[test]
fn a_task_says_one_thing() {
    for yaml in [
        "{service: ssh, port: 1/tcp, state: enabled}",
        "{port: 1, state: enabled}",
        "{port: 1/tcp, state: present}",
        "{zone: a, state: enabled, permanent: true}",
        "{zone: a, state: present}",
        "{interface: eth0, state: enabled}",
        "{service: ssh, state: enabled, offline: true}",
    ] {
        refusal("firewalld", yaml);
    }
}

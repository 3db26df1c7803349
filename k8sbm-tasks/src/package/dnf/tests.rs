//! Packages of a host in memory.

use crate::testing::{Desk, plan_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, task::Probe};

const KNOWN: &str = "curl\t0\t7.76.1\t29.el9\tx86_64\nbash\t0\t5.1.8\t9.el9\tx86_64\nk3s-selinux\t0\t1.6\t1.el9\tnoarch\ntzdata\t1\t2024a\t1.el9\tnoarch\n";

fn host() -> Probe {
    let host = FakeHost::new().file("/usr/bin/dnf", "").queries(
        |_| true,
        move |_, command| {
            let line = command.line();
            let (status, text) = match line.as_str() {
                it if it.contains("-qp") => (0, "k3s-selinux\t0\t1.6\t1.el9\tnoarch\n"),
                it if it.starts_with("rpm -qa") => (0, KNOWN),
                "rpm -q --whatprovides /usr/bin/curl" => (0, "curl"),
                it if it.starts_with("rpm -q --whatprovides") => (1, ""),
                "dnf -q check-update curl" => (100, "\ncurl.x86_64    7.76.1-31.el9    baseos\n"),
                "dnf -q check-update" => (0, ""),
                _ => panic!("{line}"),
            };
            k8sbm_core::host::Output {
                status,
                stdout: text.into(),
                ..Default::default()
            }
        },
    );
    probe(host, Desk::default())
}

#[tokio::test]
async fn only_what_is_missing_is_installed() {
    insta::assert_snapshot!(told(&host(), "dnf", "{name: [curl, socat, /usr/bin/curl, 'git*']}").await, @r"
    dnf install socat git*
    + socat
    + git*
    ");
    for name in [
        "curl-7.76.1",
        "curl.x86_64",
        "bash-5.1.8-9.el9",
        "'curl >= 7.76'",
        "'cu*'",
        "tzdata-1:2024a",
        "/root/k3s-selinux.rpm",
    ] {
        assert_eq!(
            told(&host(), "yum", &format!("{{name: {name}}}")).await,
            "",
            "{name}"
        );
    }
    let text = told(&host(), "ansible.builtin.yum", "{name: curl-7.77.0}").await;
    assert!(text.starts_with("dnf install curl-7.77.0"), "{text}");
    assert_eq!(told(&host(), "dnf", "{name: curl-7.70.0}").await, "");
    let text = told(&host(), "dnf", "{name: curl-7.70.0, allow_downgrade: true}").await;
    assert!(text.starts_with("dnf install curl-7.70.0"), "{text}");
}

#[tokio::test]
async fn the_newest_is_asked_of_the_repositories() {
    insta::assert_snapshot!(told(&host(), "dnf", "{name: [curl, socat], state: latest}").await, @r"
    dnf install socat
    + socat
    dnf upgrade curl.x86_64
    + curl.x86_64
    ");
    assert_eq!(told(&host(), "dnf", "{name: '*', state: latest}").await, "");
}

#[tokio::test]
async fn what_is_not_there_needs_not_go() {
    let text = told(&host(), "dnf", "{name: [curl, socat], state: removed}").await;
    insta::assert_snapshot!(text, @r"
    dnf remove curl
    - curl
    ");
    let plan = plan_on(&host(), "dnf", "{name: socat, state: absent}")
        .await
        .unwrap();
    assert_eq!(plan.returns["msg"], "Nothing to do");
    assert_eq!(
        told(&host(), "dnf", "{update_cache: true}").await,
        "update the package lists (no change)"
    );
}

#[tokio::test]
async fn the_command_takes_repositories_and_settings() {
    let yaml = "{name: x, enablerepo: 'a,b', disablerepo: '*', disable_gpg_check: true, nobest: true, installroot: /mnt}";
    let read: super::Dnf = k8sbm_core::node::from_node(&crate::testing::arguments(yaml)).unwrap();
    let line = read
        .command("dnf", vec!["-y".into(), "install".into(), "x".into()])
        .line();
    assert_eq!(
        line,
        "dnf '--disablerepo=*' --enablerepo=a --enablerepo=b --installroot=/mnt --setopt=best=0 --nogpgcheck -y install x"
    );
}

#[test]
fn something_must_be_named() {
    refusal("dnf", "{state: latest}");
    refusal("dnf", "{list: installed}");
    refusal("dnf", "{name: a, autoremove: true, state: latest}");
}

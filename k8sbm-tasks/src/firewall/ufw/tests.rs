//! ufw on a host in memory.

use super::status::{Status, families, tuples};
use crate::testing::{Desk, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, task::Probe};

const FOUR: &str = "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n\n### END RULES ###\nCOMMIT\n";
const MORE: &str = "### tuple ### allow any any 0.0.0.0/0 any 10.0.0.0/8 in\n";

fn host(active: bool) -> Probe {
    let host = FakeHost::new()
        .file("/etc/ufw/user.rules", FOUR)
        .file("/etc/ufw/user6.rules", "*filter\n:ufw6-user-input - [0:0]\n")
        .file("/etc/default/ufw", "DEFAULT_INPUT_POLICY=\"DROP\"\nDEFAULT_OUTPUT_POLICY=\"ACCEPT\"\nDEFAULT_FORWARD_POLICY=\"DROP\"\n")
        .file("/etc/ufw/ufw.conf", "ENABLED=no\nLOGLEVEL=low\n")
        .queries(
            |_| true,
            move |_, command| {
                let status = if active { "Status: active\n" } else { "Status: inactive\n" };
                let line = command.line();
                let text = match line.as_str() {
                    "ufw status verbose" => status.to_owned(),
                    "ufw --dry-run allow from any to any port 22 proto tcp" => "Skipping adding existing rule\n".into(),
                    "ufw --dry-run allow from 10.0.0.0/8 to any" => FOUR.replace("### END", &format!("{MORE}### END")),
                    "ufw --dry-run delete allow from any to any port 99" => FOUR.into(),
                    _ => panic!("{line}"),
                };
                k8sbm_core::host::Output { stdout: text.into(), ..Default::default() }
            },
        );
    probe(host, Desk::default())
}

#[tokio::test]
async fn a_rule_is_added_where_a_trial_changes_something() {
    assert_eq!(
        told(&host(true), "ufw", "{rule: allow, port: '22', proto: tcp}").await,
        ""
    );
    insta::assert_snapshot!(told(&host(true), "ufw", "{rule: allow, src: 10.0.0.0/8}").await, @r"
    run ufw allow from 10.0.0.0/8 to any
    - ### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
    + ### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
    + ### tuple ### allow any any 0.0.0.0/0 any 10.0.0.0/8 in
    ");
    assert_eq!(
        told(&host(true), "ufw", "{rule: allow, port: 99, delete: true}").await,
        ""
    );
}

#[tokio::test]
async fn it_is_turned_on_and_given_defaults() {
    insta::assert_snapshot!(told(&host(false), "ufw", "{state: enabled, default: deny, logging: 'on'}").await, @r"
    run ufw -f enable
    - Status: inactive
    + Status: active
    ");
    insta::assert_snapshot!(told(&host(true), "ufw", "{state: enabled, policy: allow, direction: routed, logging: 'off'}").await, @r"
    run ufw logging off
    run ufw default allow routed
    - Default: deny (routed)
    + Default: allow (routed)
    ");
}

#[test]
fn a_trial_prints_the_families_that_change() {
    assert_eq!(families("Skipping adding existing rule\n"), [None, None]);
    let [four, six] = families(FOUR);
    assert_eq!(
        tuples(four.unwrap()),
        "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n"
    );
    assert!(six.is_none());
    assert!(!Status::default().logs("on"));
}

#[test]
fn what_goes_together_is_said_together() {
    for yaml in [
        "{port: '22'}",
        "{rule: allow, direction: incoming}",
        "{default: deny, direction: in}",
        "{rule: allow, interface: eth0}",
        "{rule: allow, interface_in: a, interface_out: b}",
    ] {
        refusal("ufw", yaml);
    }
}

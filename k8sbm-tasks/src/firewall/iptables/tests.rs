//! Rules against a host in memory.

use crate::testing::{Desk, plan_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, task::Probe};

/// A host whose filter has one rule, and a chain of its own.
fn host() -> Probe {
    let answer = |line: &str| match line {
        "iptables -w -t filter -C INPUT -p tcp -j ACCEPT --destination-port 22" => (0, ""),
        "iptables -w -t filter -S INPUT" => (0, "-P INPUT ACCEPT\n-A INPUT -p tcp -j ACCEPT\n"),
        "iptables -w -t filter -S" => (0, "-P INPUT ACCEPT\n-N PODS\n-A INPUT -p tcp -j ACCEPT\n"),
        "iptables -w -t nat -S" => (0, "-P PREROUTING ACCEPT\n"),
        "iptables -w -t filter -S PODS" => (0, "-N PODS\n"),
        _ => (1, ""),
    };
    let host = FakeHost::new().queries(
        |_| true,
        move |_, command| {
            let (status, stdout) = answer(&command.line());
            k8sbm_core::host::Output {
                status,
                stdout: stdout.into(),
                ..Default::default()
            }
        },
    );
    probe(host, Desk::default())
}

#[tokio::test]
async fn a_rule_is_added_where_the_kernel_has_it_not() {
    let yaml = "{chain: INPUT, protocol: tcp, destination_port: '22', jump: ACCEPT}";
    assert_eq!(told(&host(), "iptables", yaml).await, "");
    let yaml = "{chain: INPUT, action: insert, protocol: tcp, destination_port: 6443, ctstate: [NEW], jump: ACCEPT, comment: the API}";
    insta::assert_snapshot!(told(&host(), "iptables", yaml).await, @r"
    run iptables -w -t filter -I INPUT -p tcp -j ACCEPT --destination-port 6443 -m conntrack --ctstate NEW -m comment --comment 'the API'
    + -A INPUT -p tcp -j ACCEPT --destination-port 6443 -m conntrack --ctstate NEW -m comment --comment 'the API'
    ");
    let yaml = "{chain: INPUT, protocol: tcp, destination_port: '22', jump: ACCEPT, state: absent}";
    insta::assert_snapshot!(told(&host(), "iptables", yaml).await, @r"
    run iptables -w -t filter -D INPUT -p tcp -j ACCEPT --destination-port 22
    - -A INPUT -p tcp -j ACCEPT --destination-port 22
    ");
}

#[tokio::test]
async fn chains_and_policies_are_kept() {
    let yaml = "{chain: INPUT, policy: DROP}";
    insta::assert_snapshot!(told(&host(), "iptables", yaml).await, @r"
    run iptables -w -t filter -P INPUT DROP
    - -P INPUT ACCEPT
    + -P INPUT DROP
    ");
    assert_eq!(
        told(&host(), "iptables", "{chain: INPUT, policy: ACCEPT}").await,
        ""
    );
    let made = "{chain: NEW, chain_management: true}";
    assert_eq!(
        told(&host(), "iptables", made).await,
        "run iptables -w -t filter -N NEW"
    );
    assert_eq!(
        told(&host(), "iptables", "{chain: PODS, chain_management: true}").await,
        ""
    );
    let gone = "{chain: PODS, chain_management: true, state: absent}";
    assert_eq!(
        told(&host(), "iptables", gone).await,
        "run iptables -w -t filter -X PODS"
    );
}

#[tokio::test]
async fn only_rules_that_are_there_can_be_flushed() {
    insta::assert_snapshot!(told(&host(), "iptables", "{flush: true}").await, @r"
    run iptables -w -t filter -F
    - -A INPUT -p tcp -j ACCEPT
    ");
    assert_eq!(
        told(&host(), "iptables", "{flush: true, table: nat}").await,
        ""
    );
}

#[tokio::test]
async fn the_rule_is_told_as_iptables_takes_it() {
    let rule = async |yaml: &str| {
        let plan = plan_on(&host(), "iptables", yaml).await.unwrap();
        plan.returns["rule"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        rule("{chain: A, source: '!10.0.0.0/8', reject_with: tcp-reset, protocol: tcp}").await,
        "-p tcp ! -s 10.0.0.0/8 -j REJECT --reject-with tcp-reset"
    );
    assert_eq!(
        rule("{chain: A, match: [state], ctstate: 'NEW,RELATED', syn: negate, log_prefix: x}")
            .await,
        "-m state -j LOG --log-prefix x ! --syn --state NEW,RELATED"
    );
    assert_eq!(
        rule("{chain: A, match_set: s, match_set_flags: src, destination_ports: [80, '443:445'], limit: 5/m}").await,
        "-m multiport --dports 80,443:445 -m set --match-set s src -m limit --limit 5/m"
    );
}

#[test]
fn what_goes_together_is_said_together() {
    for yaml in [
        "{protocol: tcp}",
        "{chain: A, jump: TEE}",
        "{chain: A, set_dscp_mark: 8}",
        "{chain: A, jump: ACCEPT, log_prefix: x}",
        "{chain: A, flush: true, policy: DROP}",
    ] {
        refusal("iptables", yaml);
    }
}

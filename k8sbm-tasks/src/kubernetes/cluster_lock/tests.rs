use crate::testing::{Desk, plan_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;

const FILE: &str = "/var/lib/k8sbm/lab.lock";
const OTHERS: &str = "run: 77\nholder: ops@desk\nsince: 2026-01-02T03:04:05Z\n";

#[tokio::test]
async fn a_lock_that_nobody_holds_is_taken() {
    let host = probe(FakeHost::new(), Desk::default());
    insta::assert_snapshot!(told(&host, "cluster_lock", "{cluster: lab, holder: me@here}").await, @r"
    take the lock of the cluster lab
    - held by: nobody
    + held by: me@here
    ");
    assert_eq!(
        told(&host, "cluster_lock", "{cluster: lab, state: absent}").await,
        ""
    );
}

#[tokio::test]
async fn who_holds_it_is_told_and_it_can_be_broken_on_purpose() {
    let host = probe(FakeHost::new().file(FILE, OTHERS), Desk::default());
    let Err(refused) = plan_on(&host, "cluster_lock", "{cluster: lab}").await else {
        panic!("another holds it")
    };
    insta::assert_snapshot!(refused.message, @"the cluster `lab` is being changed by ops@desk since 2026-01-02T03:04:05Z");
    insta::assert_snapshot!(told(&host, "cluster_lock", "{cluster: lab, break_lock: true, holder: me@here}").await, @r"
    take the lock of the cluster lab
    - held by: ops@desk, since 2026-01-02T03:04:05Z
    + held by: me@here
    warning: the lock that ops@desk holds since 2026-01-02T03:04:05Z is taken away
    ");
}

#[tokio::test]
async fn a_run_takes_its_own_lock_once() {
    let own = "run: alone\nholder: me@here\nsince: 2026-01-02T03:04:05Z\n";
    let host = probe(FakeHost::new().file(FILE, own), Desk::default());
    assert_eq!(told(&host, "cluster_lock", "{cluster: lab}").await, "");
}

#[test]
fn a_name_stays_within_the_directory() {
    refusal("cluster_lock", "{cluster: ../etc}");
}

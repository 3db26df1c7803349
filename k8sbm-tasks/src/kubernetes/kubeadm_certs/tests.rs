use crate::testing::{Desk, apply_on, plan_on, probe, told};
use k8sbm_core::connection::FakeHost;
use k8sbm_core::host::Output;

const ASK: [&str; 5] = ["kubeadm", "certs", "check-expiration", "-o", "json"];

/// 364, 20 and 10 days, one that is not there, and one of another authority.
const SEEN: &str = r#"{"certificates": [
    {"name": "admin.conf", "residualTime": 31449600, "expirationDate": "2027-11-20T00:00:00Z"},
    {"name": "apiserver", "residualTime": 1728000, "expirationDate": "2026-12-11T00:00:00Z"},
    {"name": "scheduler.conf", "residualTime": 864000, "expirationDate": "2026-12-01T00:00:00Z"},
    {"name": "etcd-server", "residualTime": 0, "missing": true},
    {"name": "front-proxy-client", "residualTime": 864000, "externallyManaged": true}
]}"#;

fn host() -> FakeHost {
    FakeHost::new().query(ASK, SEEN)
}

#[tokio::test]
async fn what_ends_soon_is_renewed() {
    let host = probe(host(), Desk::default());
    insta::assert_snapshot!(told(&host, "kubeadm_certs", "{}").await, @r"
    renew apiserver, scheduler.conf
    - apiserver: 20 days
    - scheduler.conf: 10 days
    + apiserver: renewed
    + scheduler.conf: renewed
    warning: `front-proxy-client` ends in 10 days, and kubeadm has no authority to renew it
    ");
    let plan = plan_on(&host, "kubeadm_certs", "{renew_before: 5}")
        .await
        .unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.returns["certificates"][1]["days"], 20);
}

#[tokio::test]
async fn the_pods_that_read_them_are_restarted_in_order() {
    let host = host()
        .command(["kubeadm", "certs", "renew", "apiserver"], "")
        .command(["kubeadm", "certs", "renew", "scheduler.conf"], "")
        .commands(
            |command| command.line().starts_with("crictl ps"),
            |_, _| Output {
                stdout: b"c1\n".to_vec(),
                ..Output::default()
            },
        )
        .command(["crictl", "stop", "--timeout", "30", "c1"], "");
    let probe = probe(host.clone(), Desk::default());
    apply_on(&probe, "kubeadm_certs", "{}").await.unwrap();
    insta::assert_snapshot!(host.ran().join("\n"), @r"
    kubeadm certs renew apiserver
    kubeadm certs renew scheduler.conf
    crictl ps --quiet --name '^kube-apiserver$'
    crictl stop --timeout 30 c1
    crictl ps --quiet --name '^kube-apiserver$'
    crictl ps --quiet --name '^kube-scheduler$'
    crictl stop --timeout 30 c1
    crictl ps --quiet --name '^kube-scheduler$'
    ");
}

#[tokio::test]
async fn a_host_without_certificates_is_refused() {
    let host = FakeHost::new().query(ASK, r#"{"certificates": [{"name": "a", "missing": true}]}"#);
    insta::assert_snapshot!(told(&probe(host, Desk::default()), "kubeadm_certs", "{}").await, @r"
    error: there are no certificates of kubeadm on this host
    hint: this is for the hosts of the control plane
    ");
}

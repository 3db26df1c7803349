use crate::testing::{Desk, probe, refusal, told};
use k8sbm_core::connection::FakeHost;
use k8sbm_core::host::Output;

fn left(lines: &'static str) -> FakeHost {
    FakeHost::new().query(["uname", "-n"], "n1\n").queries(
        |command| command.line().contains("what a cluster left on this host"),
        move |_, _| Output {
            stdout: lines.into(),
            ..Output::default()
        },
    )
}

const CONFIRMED: &str = "{cluster: lab, confirm: lab}";

#[tokio::test]
async fn a_host_without_a_trace_stays_as_it_is() {
    let host = probe(left(""), Desk::default());
    assert_eq!(told(&host, "kubeadm_reset", CONFIRMED).await, "");
}

#[tokio::test]
async fn what_goes_is_listed() {
    let host = probe(
        left("directory /etc/kubernetes\ninterface cni0\nrules of iptables\n"),
        Desk::default(),
    );
    insta::assert_snapshot!(told(&host, "kubeadm_reset", CONFIRMED).await, @r"
    reset the host
    - directory /etc/kubernetes
    - interface cni0
    - rules of iptables
    ");
}

#[tokio::test]
async fn something_that_stays_is_a_failure() {
    let host = left("interface cni0\n").commands(|_| true, |_, _| Output::default());
    let error = crate::testing::apply_on(&probe(host, Desk::default()), "kubeadm_reset", CONFIRMED)
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "after the reset there is still interface cni0"
    );
}

#[test]
fn nothing_goes_unless_the_cluster_is_named() {
    for confirm in ["", "yes", "labor"] {
        let refused = refusal(
            "kubeadm_reset",
            &format!("{{cluster: lab, confirm: '{confirm}'}}"),
        );
        assert_eq!(
            refused.help.as_deref(),
            Some("to take it away, confirm with `lab`")
        );
    }
    refusal("kubeadm_reset", "{cluster: '', confirm: ''}");
}

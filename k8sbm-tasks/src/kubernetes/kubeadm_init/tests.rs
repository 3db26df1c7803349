use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;

/// What `kubeadm init` leaves, with a kubelet whose certificate the API has signed.
const ROTATED: &str = "clusters:\n- cluster:\n    server: https://192.168.1.100:6443\n\
                       users:\n- user:\n    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n";

/// A kubelet whose certificate kubeadm has made: the API never answered.
const FIRST: &str = "users:\n- user:\n    client-certificate-data: abc\n";

fn bare() -> FakeHost {
    FakeHost::new().query(["uname", "-n"], "CP1\n")
}

fn begun(kubelet_conf: &str) -> FakeHost {
    bare()
        .file("/etc/machine-id", "a1\n")
        .file("/etc/kubernetes/kubelet.conf", kubelet_conf)
        .file("/etc/kubernetes/manifests/kube-apiserver.yaml", "")
}

/// What the API says of the node.
fn with_api(host: FakeHost, node: &'static str) -> FakeHost {
    host.queries(
        |command| command.line().contains("get node cp1 --ignore-not-found"),
        move |_, _| k8sbm_core::host::Output {
            stdout: node.into(),
            ..Default::default()
        },
    )
}

fn silent(host: FakeHost) -> FakeHost {
    host.queries(
        |command| command.line().contains("get node cp1"),
        |_, _| k8sbm_core::host::Output {
            status: 1,
            stderr: b"Unable to connect to the server\n".to_vec(),
            ..Default::default()
        },
    )
}

const MASTER: &str = r#"{"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}"#;

async fn says(host: FakeHost, arguments: &str) -> String {
    told(&probe(host, Desk::default()), "kubeadm_init", arguments).await
}

#[tokio::test]
async fn a_bare_host_is_initialised() {
    assert_eq!(says(bare(), "{}").await, "initialise the cluster");
    // What roles prepare is no beginning of kubeadm's.
    let prepared = bare()
        .file("/etc/kubernetes/manifests/kube-vip.yaml", "")
        .file("/etc/kubernetes/pki/ca.crt", "");
    assert_eq!(says(prepared, "{}").await, "initialise the cluster");
}

#[tokio::test]
async fn a_cluster_that_is_there_stays() {
    let host = probe(with_api(begun(ROTATED), MASTER), Desk::default());
    let plan = plan_on(&host, "kubeadm_init", "{}").await.unwrap();
    assert!(plan.steps.is_empty());
    assert_eq!(plan.returns["node"], "cp1");
    assert_eq!(plan.returns["endpoint"], "https://192.168.1.100:6443");
}

#[tokio::test]
async fn what_was_begun_and_not_ended_is_refused_or_repaired() {
    let half = says(silent(begun(FIRST)), "{}").await;
    insta::assert_snapshot!(half, @r"
    error: `kubeadm init` was begun here and not ended: the API gives no answer (Unable to connect to the server)
    hint: `repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host first; so does `kubeadm_reset`
    ");
    let repaired = says(silent(begun(FIRST)), "{repair: true}").await;
    insta::assert_snapshot!(repaired, @r"
    reset the host
    initialise the cluster
    warning: what `kubeadm init` had begun is taken away: the API gives no answer (Unable to connect to the server)
    ");
    let without_kubelet = bare().file("/etc/kubernetes/manifests/etcd.yaml", "");
    insta::assert_snapshot!(says(without_kubelet, "{}").await, @r"
    error: `kubeadm init` was begun here and not ended: the kubelet has no configuration, yet there are static pods (etcd)
    hint: `repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host first; so does `kubeadm_reset`
    ");
    let unmarked = with_api(begun(FIRST), r#"{"metadata": {}}"#);
    insta::assert_snapshot!(says(unmarked, "{}").await, @r"
    error: `kubeadm init` was begun here and not ended: the node `cp1` is none of the control plane
    hint: `repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host first; so does `kubeadm_reset`
    ");
}

#[tokio::test]
async fn a_cluster_that_was_up_is_never_repaired_away() {
    insta::assert_snapshot!(says(silent(begun(ROTATED)), "{repair: true}").await, @r"
    error: a cluster was made here, and is not as it should be: the API gives no answer (Unable to connect to the server)
    hint: mend what is down; `kubeadm_reset` takes the cluster away, and nothing else does
    ");
}

#[tokio::test]
async fn the_arguments_reach_kubeadm_and_its_checks_are_told() {
    let host = bare().command_fails(
        [
            "kubeadm",
            "init",
            "--config",
            "/etc/k.yaml",
            "--skip-token-print",
            "--upload-certs",
            "--skip-certificate-key-print",
            "--ignore-preflight-errors",
            "Mem,NumCPU",
            "--skip-phases",
            "addon/kube-proxy",
        ],
        1,
        "\t[ERROR Port-6443]: Port 6443 is in use\n",
    );
    let error = apply_on(
        &probe(host, Desk::default()),
        "kubeadm_init",
        "{config: /etc/k.yaml, upload_certs: true, ignore_preflight: [Mem, NumCPU], skip_phases: [addon/kube-proxy]}",
    )
    .await
    .unwrap_err();
    assert_eq!(
        error.message,
        "a check of `kubeadm init` failed: Port-6443: Port 6443 is in use"
    );
    assert_eq!(error.returns["failed_checks"][0], "Port-6443");
}

#[test]
fn nobody_passes_over_all_checks() {
    refusal("kubeadm_init", "{ignore_preflight: [all]}");
}

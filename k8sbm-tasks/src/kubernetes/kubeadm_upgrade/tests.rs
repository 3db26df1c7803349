use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::{
    connection::FakeHost,
    host::{Command, Output},
};

const CONF: &str =
    "server: https://192.168.1.100:6443\nclient-certificate: kubelet-client-current.pem\n";

fn bare() -> FakeHost {
    FakeHost::new()
        .query(["uname", "-n"], "n1\n")
        .file("/etc/machine-id", "a1\n")
}

/// A node as the API has it, and the release that the cluster's configuration names.
fn known(host: FakeHost, node: String, cluster: &'static str) -> FakeHost {
    let says = move |stdout: String| Output {
        stdout: stdout.into(),
        ..Output::default()
    };
    let configuration = move |_: &FakeHost, _: &Command| {
        says(format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkubernetesVersion: {cluster}\n"
        ))
    };
    host.file("/etc/kubernetes/kubelet.conf", CONF)
        .queries(
            |command| command.line().contains("get node n1 --ignore-not-found"),
            move |_, _| Output {
                stdout: node.clone().into(),
                ..Output::default()
            },
        )
        .queries(
            |command| command.line().contains("get configmap kubeadm-config"),
            configuration,
        )
        .commands(
            |command| command.line().contains("get configmap kubeadm-config"),
            configuration,
        )
        .commands(
            |command| command.line().contains("annotate node n1"),
            |_, _| Output::default(),
        )
}

fn node(labels: &str, kubelet: &str, mark: &str, ready: &str) -> String {
    format!(
        r#"{{"metadata": {{"labels": {{{labels}}}, "annotations": {{"k8sbm.io/kubeadm-upgrade": "{mark}"}}}},
            "status": {{"nodeInfo": {{"kubeletVersion": "{kubelet}"}},
                        "conditions": [{{"type": "Ready", "status": "{ready}", "message": "PLEG is not healthy"}}]}}}}"#
    )
}

fn worker(kubelet: &str, mark: &str, cluster: &'static str) -> FakeHost {
    known(bare(), node("", kubelet, mark, "True"), cluster)
}

const LEADS: &str = r#""node-role.kubernetes.io/control-plane": """#;

fn master(runs: [&str; 3], mark: &str, cluster: &'static str) -> FakeHost {
    let host = known(bare(), node(LEADS, runs[0], mark, "True"), cluster);
    with_pods(host, runs)
}

fn with_pods(host: FakeHost, runs: [&str; 3]) -> FakeHost {
    let parts = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ];
    let manifests = parts.into_iter().zip(runs);
    manifests.fold(host.file("/etc/kubernetes/admin.conf", CONF), |host, (part, version)| {
        let text = format!("spec:\n  containers:\n  - command:\n    image: registry.k8s.io/{part}:{version}\n    name: {part}\n");
        host.file(&format!("/etc/kubernetes/manifests/{part}.yaml"), text.leak())
    })
}

const OLD: [&str; 3] = ["v1.34.9"; 3];
const NEW: [&str; 3] = ["v1.35.6"; 3];

async fn says(host: FakeHost, arguments: &str) -> String {
    told(&probe(host, Desk::default()), "kubeadm_upgrade", arguments).await
}

const TO: &str = "{version: 1.35.6}";

#[tokio::test]
async fn the_control_plane_and_workers_are_upgraded() {
    insta::assert_snapshot!(says(master(OLD, "", "v1.34.9"), TO).await, @r"
    upgrade this host's part of the control plane from v1.34.9 to v1.35.6
    - kube-apiserver: v1.34.9
    - kube-controller-manager: v1.34.9
    - kube-scheduler: v1.34.9
    + kube-apiserver: v1.35.6
    + kube-controller-manager: v1.35.6
    + kube-scheduler: v1.35.6
    ");
    insta::assert_snapshot!(says(worker("v1.34.9", "", "v1.34.9"), TO).await, @r"
    upgrade what the kubelet reads from v1.34.9 to v1.35.6
    - kubelet: v1.34.9
    + kubelet: v1.35.6
    ");
}

#[tokio::test]
async fn what_is_at_its_release_stays() {
    assert_eq!(says(master(NEW, "v1.35.6", "v1.35.6"), TO).await, "");
    // One that joined with this release.
    assert_eq!(says(master(NEW, "", "v1.35.6"), TO).await, "");
    assert_eq!(says(worker("v1.35.6", "", "v1.35.6"), TO).await, "");
    // Its kubelet comes next.
    let host = probe(worker("v1.34.9", "v1.35.6", "v1.35.6"), Desk::default());
    let plan = plan_on(&host, "kubeadm_upgrade", TO).await.unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.returns["due"], false);
    assert_eq!(plan.returns["from"], "v1.34.9");
}

#[tokio::test]
async fn what_was_interrupted_is_done_again() {
    insta::assert_snapshot!(says(master(NEW, "begun v1.35.6", "v1.35.6"), TO).await, @r"
    upgrade this host's part of the control plane from v1.35.6 to v1.35.6
    - kube-apiserver: v1.35.6
    - kube-controller-manager: v1.35.6
    - kube-scheduler: v1.35.6
    + kube-apiserver: v1.35.6
    + kube-controller-manager: v1.35.6
    + kube-scheduler: v1.35.6
    warning: an upgrade was begun here and not ended: it is done again
    ");
    insta::assert_snapshot!(says(master(["v1.35.6", "v1.34.9", "v1.34.9"], "begun v1.35.6", "v1.34.9"), TO).await, @r"
    upgrade this host's part of the control plane from v1.34.9 to v1.35.6
    - kube-apiserver: v1.35.6
    - kube-controller-manager: v1.34.9
    - kube-scheduler: v1.34.9
    + kube-apiserver: v1.35.6
    + kube-controller-manager: v1.35.6
    + kube-scheduler: v1.35.6
    warning: an upgrade was begun here and not ended: it is done again
    ");
    let unready = known(
        bare(),
        node("", "v1.35.6", "begun v1.35.6", "False"),
        "v1.35.6",
    );
    insta::assert_snapshot!(says(unready, TO).await, @r"
    upgrade what the kubelet reads from v1.35.6 to v1.35.6
    - kubelet: v1.35.6
    + kubelet: v1.35.6
    warning: the node is not ready: PLEG is not healthy
    warning: an upgrade was begun here and not ended: it is done again
    ");
}

#[tokio::test]
async fn steps_that_kubeadm_does_not_take_are_refused() {
    insta::assert_snapshot!(says(master(OLD, "", "v1.34.9"), "{version: 1.36.3}").await, @r"
    error: kube-apiserver of `n1`: kubeadm does not go from v1.34.9 to v1.36.3
    hint: minor releases are taken one by one: a release of 1.35 comes before, with what is locked for it
    ");
    insta::assert_snapshot!(says(master(["v1.35.6", "v1.34.9", "v1.34.9"], "", "v1.35.6"), "{version: 1.36.3}").await, @r"
    error: kube-controller-manager of `n1`: kubeadm does not go from v1.34.9 to v1.36.3
    hint: minor releases are taken one by one: a release of 1.35 comes before, with what is locked for it
    ");
    insta::assert_snapshot!(says(master(OLD, "", "v1.34.9"), "{version: 1.34.8}").await, @r"
    error: kube-apiserver of `n1`: kubeadm does not go from v1.34.9 to v1.34.8
    hint: there is no way back but to restore a backup
    ");
    insta::assert_snapshot!(says(worker("v1.31.2", "", "v1.35.6"), TO).await, @r"
    error: kubelet of `n1`: kubeadm does not go from v1.31.2 to v1.35.6
    hint: a kubelet is at most 3 minor releases behind the API servers: a release of 1.34 comes before
    ");
    // A worker that stayed behind may come straight to what the API servers have.
    let behind = says(worker("v1.33.1", "", "v1.35.6"), TO).await;
    assert!(behind.starts_with("upgrade what the kubelet reads from v1.33.1 to v1.35.6"));
}

#[tokio::test]
async fn nodes_that_are_none_or_ill_are_refused() {
    insta::assert_snapshot!(says(bare(), TO).await, @r"
    error: the host is no node of a cluster
    hint: `kubeadm_init` and `kubeadm_join` make it one, of the release that is wanted
    ");
    insta::assert_snapshot!(says(known(bare(), String::new(), "v1.34.9"), TO).await, @r"
    error: the host is a node by half only: the API knows no node `n1`
    hint: `kubeadm_reset` takes it out of the cluster, or `kubeadm_join` with `repair: true` begins anew; then upgrade
    ");
    let begun = bare().file("/etc/kubernetes/manifests/kube-apiserver.yaml", "");
    insta::assert_snapshot!(says(begun, TO).await, @r"
    error: the host is a node by half only: its kubelet has no configuration
    hint: `kubeadm_reset` takes it out of the cluster, or `kubeadm_join` with `repair: true` begins anew; then upgrade
    ");
    let unmarked = with_pods(
        known(bare(), node("", "v1.34.9", "", "True"), "v1.34.9"),
        OLD,
    );
    insta::assert_snapshot!(says(unmarked, TO).await, @r"
    error: the host is a node by half only: the node `n1` is not marked as one of the control plane
    hint: `kubeadm_reset` takes it out of the cluster, or `kubeadm_join` with `repair: true` begins anew; then upgrade
    ");
    let unready = known(bare(), node("", "v1.34.9", "", "False"), "v1.34.9");
    insta::assert_snapshot!(says(unready, TO).await, @r"
    error: the node `n1` is not ready: PLEG is not healthy
    hint: mend it first, or take it out of the cluster: nobody could say whether the upgrade broke it
    ");
    let silent = bare().file("/etc/kubernetes/kubelet.conf", CONF).queries(
        |command| command.line().contains("get node n1"),
        |_, _| Output {
            status: 1,
            stderr: b"connection refused\n".to_vec(),
            ..Output::default()
        },
    );
    insta::assert_snapshot!(says(silent, TO).await, @r"
    error: the API gives no answer (connection refused)
    hint: an upgrade begins with a cluster that does its work
    ");
}

/// With kubeadm of a release, and answers to what is done.
fn able(host: FakeHost, kubeadm: &str) -> FakeHost {
    host.directory("/etc/kubernetes/patches")
        .command(
            ["kubeadm", "version", "-o", "short"],
            &format!("{kubeadm}\n"),
        )
        .commands(
            |command| command.line().starts_with("kubeadm upgrade"),
            |_, _| Output::default(),
        )
}

async fn does(host: FakeHost, arguments: &str) -> String {
    let probe = probe(host.clone(), Desk::default());
    let result = apply_on(&probe, "kubeadm_upgrade", arguments).await;
    let error = result
        .err()
        .map(|error| format!("error: {}", error.message));
    let ran = host.ran();
    let ran = ran.iter().filter(|line| !line.contains("get configmap"));
    ran.cloned().chain(error).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_first_applies_and_others_follow_with_patches_always() {
    insta::assert_snapshot!(does(able(master(OLD, "", "v1.34.9"), "v1.35.6"), TO).await, @r"
    kubeadm version -o short
    kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=15s annotate node n1 --overwrite 'k8sbm.io/kubeadm-upgrade=begun v1.35.6'
    kubeadm upgrade apply v1.35.6 --yes --patches /etc/kubernetes/patches
    kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=15s annotate node n1 --overwrite k8sbm.io/kubeadm-upgrade=v1.35.6
    ");
    let arguments = "{version: 1.35.6, ignore_preflight: [Mem], renew_certs: false}";
    insta::assert_snapshot!(does(able(master(OLD, "", "v1.35.6"), "v1.35.6"), arguments).await, @r"
    kubeadm version -o short
    kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=15s annotate node n1 --overwrite 'k8sbm.io/kubeadm-upgrade=begun v1.35.6'
    kubeadm upgrade node --certificate-renewal=false --patches /etc/kubernetes/patches --ignore-preflight-errors Mem
    kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=15s annotate node n1 --overwrite k8sbm.io/kubeadm-upgrade=v1.35.6
    ");
    insta::assert_snapshot!(does(able(worker("v1.34.9", "", "v1.35.6"), "v1.35.6"), TO).await, @r"
    kubeadm version -o short
    kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=15s annotate node n1 --overwrite 'k8sbm.io/kubeadm-upgrade=begun v1.35.6'
    kubeadm upgrade node --patches /etc/kubernetes/patches
    kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=15s annotate node n1 --overwrite k8sbm.io/kubeadm-upgrade=v1.35.6
    ");
}

#[tokio::test]
async fn nothing_is_begun_out_of_order_or_by_another_kubeadm() {
    insta::assert_snapshot!(does(able(worker("v1.34.9", "", "v1.34.9"), "v1.35.6"), TO).await, @r"
    kubeadm version -o short
    error: the control plane is at v1.34.9, and this worker shall be at v1.35.6
    ");
    insta::assert_snapshot!(does(able(master(OLD, "", "v1.34.9"), "v1.34.9"), TO).await, @r"
    kubeadm version -o short
    error: kubeadm on the host is v1.34.9, and upgrades to its own release alone
    ");
}

#[tokio::test]
async fn what_kubeadm_says_is_told_and_the_node_stays_marked() {
    let host = master(OLD, "", "v1.34.9")
        .command(["kubeadm", "version", "-o", "short"], "v1.35.6\n")
        .commands(
            |command| command.line().starts_with("kubeadm upgrade"),
            |_, _| Output {
                status: 1,
                stderr: b"\t[ERROR CreateJob]: Job did not complete in 15s\n".to_vec(),
                ..Output::default()
            },
        );
    insta::assert_snapshot!(does(host, TO).await, @r"
    kubeadm version -o short
    kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=15s annotate node n1 --overwrite 'k8sbm.io/kubeadm-upgrade=begun v1.35.6'
    kubeadm upgrade apply v1.35.6 --yes
    error: a check of `kubeadm upgrade apply` failed: CreateJob: Job did not complete in 15s
    ");
}

#[test]
fn nobody_passes_over_all_checks_or_wants_what_is_not_known() {
    refusal(
        "kubeadm_upgrade",
        "{version: 1.35.6, ignore_preflight: [all]}",
    );
    refusal("kubeadm_upgrade", "{version: 1.99.0}");
    refusal("kubeadm_upgrade", "{}");
}

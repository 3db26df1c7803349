use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::{
    connection::FakeHost,
    host::{Command, Machine, Output},
    task::{Controller, Error, FileSearch, LocalStat, Probe, Result, TemplateOptions},
};
use serde_json::Value as Json;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// Two certificates of authorities, made for this test alone.
const CA: &str = include_str!("ca.crt");
const OTHER_CA: &str = include_str!("other-ca.crt");

const CONF: &str =
    "server: https://192.168.1.100:6443\nclient-certificate: kubelet-client-current.pem\n";

/// A controller that knows one more host, and hears what is to be kept secret.
struct Two {
    leader: Arc<Machine>,
    secrets: Mutex<Vec<String>>,
}

impl Controller for Two {
    fn find(&self, _: FileSearch, _: &str) -> Result<PathBuf> {
        Err(Error::failed("no file"))
    }
    fn read(&self, _: &Path) -> Result<Vec<u8>> {
        Err(Error::failed("no file"))
    }
    fn read_sealed(&self, _: &Path) -> Result<Vec<u8>> {
        Err(Error::failed("no file"))
    }
    fn stat(&self, _: &Path) -> Result<LocalStat> {
        Err(Error::failed("no file"))
    }
    fn link(&self, _: &Path) -> Result<Option<String>> {
        Ok(None)
    }
    fn walk(&self, _: &Path) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    fn write(&self, _: &Path, _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn render(&self, _: &Path, _: &TemplateOptions, _: &[(&str, &str)]) -> Result<String> {
        Err(Error::failed("no file"))
    }
    fn variables(&self, _: &Path) -> Result<Json> {
        Err(Error::failed("no file"))
    }
    fn variable(&self, _: &str) -> Option<Json> {
        None
    }
    fn ask(&self, _: &str, _: bool) -> Result<String> {
        Err(Error::failed("nobody is there"))
    }
    fn machine(&self, name: &str) -> Result<Arc<Machine>> {
        assert_eq!(name, "cp1");
        Ok(self.leader.clone())
    }
    fn keep_secret(&self, text: &str) {
        self.secrets.lock().unwrap().push(text.into());
    }
}

fn beside(leader: &FakeHost, host: &FakeHost) -> (Probe, Arc<Two>) {
    let desk = Arc::new(Two {
        leader: Machine::new("cp1", Arc::new(leader.clone())),
        secrets: Mutex::default(),
    });
    let probe = Probe::of("n1", Arc::new(host.clone())).with_controller(desk.clone());
    (probe, desk)
}

/// A host of the control plane that says this of the node.
fn leader(node: &'static str) -> FakeHost {
    FakeHost::new()
        .file("/etc/kubernetes/pki/ca.crt", CA)
        .file("/etc/kubernetes/kubelet.conf", CONF)
        .queries(
            |command| command.line().contains("get node n1 --ignore-not-found"),
            move |_, _| match node {
                "silent" => Output {
                    status: 1,
                    stderr: b"connection refused\n".to_vec(),
                    ..Output::default()
                },
                node => Output {
                    stdout: node.into(),
                    ..Output::default()
                },
            },
        )
}

fn bare() -> FakeHost {
    FakeHost::new()
        .query(["uname", "-n"], "n1\n")
        .file("/etc/machine-id", "a1\n")
}

fn joined() -> FakeHost {
    bare()
        .file("/etc/kubernetes/kubelet.conf", CONF)
        .file("/etc/kubernetes/pki/ca.crt", CA)
}

const READY: &str = r#"{"metadata": {}, "status": {"nodeInfo": {"machineID": "b2"},
                       "conditions": [{"type": "Ready", "status": "True"}]}}"#;
const GONE: &str = r#"{"metadata": {}, "status": {"nodeInfo": {"machineID": "b2"},
                      "conditions": [{"type": "Ready", "status": "Unknown"}]}}"#;

async fn says(leader: FakeHost, host: FakeHost, more: &str) -> String {
    let (probe, _) = beside(&leader, &host);
    told(&probe, "kubeadm_join", &format!("{{from: cp1{more}}}")).await
}

#[tokio::test]
async fn a_bare_host_joins_also_before_there_is_a_cluster() {
    assert_eq!(says(leader(""), bare(), "").await, "join the cluster");
    let nobody = says(leader("silent"), bare(), ", control_plane: true").await;
    assert_eq!(nobody, "join the control plane");
}

#[tokio::test]
async fn a_host_that_is_a_node_stays() {
    let (probe, _) = beside(&leader(READY), &joined());
    let plan = plan_on(&probe, "kubeadm_join", "{from: cp1}")
        .await
        .unwrap();
    assert!(plan.steps.is_empty());
    assert_eq!(plan.returns["ready"], "True");
    insta::assert_snapshot!(says(leader(GONE), joined(), "").await, @r"
    warning: the kubelet of `n1` does not report to the API
    ");
}

#[tokio::test]
async fn what_is_joined_by_half_is_refused_or_repaired() {
    insta::assert_snapshot!(says(leader(""), joined(), "").await, @r"
    error: `kubeadm join` was begun here and not ended: the kubelet has its configuration, yet the API knows no node `n1`
    hint: `repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host and joins it again; so does `kubeadm_reset`
    ");
    insta::assert_snapshot!(says(leader(""), joined(), ", repair: true").await, @r"
    join the cluster
    warning: the host is reset before it joins: the kubelet has its configuration, yet the API knows no node `n1`
    ");
    insta::assert_snapshot!(says(leader(GONE), bare(), "").await, @r"
    error: `kubeadm join` was begun here and not ended: the API knows the node `n1`, yet the kubelet has no configuration
    hint: `repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host and joins it again; so does `kubeadm_reset`
    ");
    let files = bare().file("/etc/kubernetes/pki/ca.crt", CA);
    insta::assert_snapshot!(says(leader(""), files, "").await, @r"
    error: `kubeadm join` was begun here and not ended: the kubelet has no configuration, yet kubeadm left files
    hint: `repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host and joins it again; so does `kubeadm_reset`
    ");
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_with_repair_too() {
    insta::assert_snapshot!(says(leader(READY), bare(), ", repair: true").await, @r"
    error: another host is in the cluster as the node `n1`
    hint: nodes need names of their own; a host that was made anew is seen as gone within a minute
    ");
    insta::assert_snapshot!(says(leader(READY), joined(), ", control_plane: true, repair: true").await, @r"
    error: the node `n1` is a worker, and shall be one of the control plane
    hint: take it out with `kubeadm_reset`, then let it join
    ");
    insta::assert_snapshot!(says(leader("silent"), joined(), ", repair: true").await, @r"
    error: it cannot be said whether the host is joined: the API gives no answer (connection refused)
    ");
    let other = bare()
        .file("/etc/kubernetes/kubelet.conf", CONF)
        .file("/etc/kubernetes/pki/ca.crt", OTHER_CA);
    insta::assert_snapshot!(says(leader(READY), other, ", repair: true").await, @r"
    error: the host belongs to another cluster than cp1
    hint: take it out of that one with `kubeadm_reset`
    ");
}

const TOKEN: &str = "abcdef.0123456789abcdef";
const KEY: &str = "e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204";

#[tokio::test]
async fn what_it_joins_with_is_made_for_it_kept_secret_and_taken_away() {
    let seen = Arc::new(Mutex::new(String::new()));
    let config = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\nnodeRegistration:\n  name: n1\n";
    let secret = seen.clone();
    let host = FakeHost::new()
        .file("/etc/kubernetes/kubeadm-join.yaml", config)
        .command_with(
            [
                "kubeadm",
                "join",
                "--config",
                "/run/k8sbm-kubeadm-join.yaml",
            ],
            move |host, _| {
                *secret.lock().unwrap() = host.content("/run/k8sbm-kubeadm-join.yaml").unwrap();
                Output::default()
            },
        );
    let made = leader("")
        .command(
            ["kubeadm", "token", "create", "--ttl", "15m0s"],
            "abcdef.0123456789abcdef\n",
        )
        .command(["kubeadm", "token", "delete", "abcdef"], "")
        .commands(
            |command| command.line().contains("upload-certs"),
            |_, _| Output {
                stdout: format!("[upload-certs] Using certificate key:\n{KEY}\n").into(),
                ..Output::default()
            },
        );
    // The node appears when the host has joined.
    let joins = seen.clone();
    let made = made.queries(
        |_: &Command| true,
        move |_, _| Output {
            stdout: if joins.lock().unwrap().is_empty() {
                ""
            } else {
                READY
            }
            .into(),
            ..Output::default()
        },
    );
    let (probe, desk) = beside(&made, &host);
    let plan = plan_on(
        &probe,
        "kubeadm_join",
        "{from: cp1, control_plane: true, timeout: 0}",
    );
    let plan = plan.await.unwrap();
    assert!(!serde_json::to_string(&plan).unwrap().contains("abcdef"));
    let done = plan
        .apply(&k8sbm_core::host::Host::new(probe.clone()))
        .await;
    // The first answer about the node is canned: it never appears.
    assert!(done.unwrap_err().message.contains("did not appear"));
    insta::assert_snapshot!(seen.lock().unwrap(), @r"
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: JoinConfiguration
    nodeRegistration:
      name: n1
    discovery:
      bootstrapToken:
        apiServerEndpoint: 192.168.1.100:6443
        token: abcdef.0123456789abcdef
        caCertHashes:
        - sha256:f71fd88192dbef7870c42feb25d616d8b6253a7e563f801692cc84310b12adf9
    controlPlane:
      certificateKey: e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204
    ");
    assert_eq!(host.content("/run/k8sbm-kubeadm-join.yaml"), None);
    assert_eq!(*desk.secrets.lock().unwrap(), [KEY, TOKEN]);
    assert!(
        made.ran()
            .contains(&"kubeadm token delete abcdef".to_owned())
    );
}

#[tokio::test]
async fn a_worker_does_not_join_with_what_is_for_the_control_plane() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\nnodeRegistration: {name: n1}\ncontrolPlane: {}\n";
    let host = bare().file("/etc/kubernetes/kubeadm-join.yaml", text);
    let arguments = |more: &str| {
        format!(
            "{{endpoint: 'api:6443', token: {TOKEN}, ca_cert_hashes: ['sha256:aa'], certificate_key: {KEY}{more}}}"
        )
    };
    let probe = probe(host, Desk::default());
    let refused = plan_on(&probe, "kubeadm_join", &arguments("")).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        refused.message,
        "the configuration at /etc/kubernetes/kubeadm-join.yaml is for a host of the control plane, and the host shall be a worker"
    );
    assert!(refused.hint.unwrap().contains("control_plane: true"));
    let leading = arguments(", control_plane: true");
    let plan = plan_on(&probe, "kubeadm_join", &leading);
    assert!(!plan.await.unwrap().is_empty());
}

#[tokio::test]
async fn given_credentials_are_used_as_they_are() {
    let arguments = format!(
        "{{endpoint: 'api:6443', token: {TOKEN}, ca_cert_hashes: ['sha256:aa'], ignore_preflight: [Mem]}}"
    );
    let host = probe(bare(), Desk::default());
    let error = apply_on(&host, "kubeadm_join", &arguments)
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "there is no configuration at /etc/kubernetes/kubeadm-join.yaml"
    );
}

#[test]
fn arguments_that_do_not_go_together_are_refused() {
    let said = |arguments: &str| refusal("kubeadm_join", arguments).message;
    assert_eq!(
        said("{from: cp1, token: a}"),
        "`from` and `token` are mutually exclusive"
    );
    assert_eq!(said("{}"), "`endpoint` is missing");
    assert_eq!(
        said("{endpoint: 'a:1', token: a}"),
        "`ca_cert_hashes` is missing"
    );
    assert_eq!(
        said("{endpoint: 'a:1', token: a, ca_cert_hashes: [b], control_plane: true}"),
        "`certificate_key` is missing"
    );
}

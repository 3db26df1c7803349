//! What a host of the control plane does for one that joins or leaves.

use super::{ask_for_node, ca_cert_hash, outcome::run_kubeadm, standing::Known};
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Probe, Result},
};
use serde_json::Value as Json;

/// The kubeconfig that may do all.
pub(crate) const ADMIN: &str = "/etc/kubernetes/admin.conf";

/// How long what a host joins with is good for.
const TOKEN_TTL: &str = "15m0s";

/// What a host joins with.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// A bootstrap token.
    pub token: String,
    /// What the cluster is known by.
    pub ca_cert_hashes: Vec<String>,
    /// What opens the certificates of the control plane.
    pub certificate_key: Option<String>,
}

/// The API's answer about a node, as a host of the control plane hears it.
pub(crate) async fn known_to(leader: &Probe, node: &str) -> Result<Known> {
    let output = leader.query_command(ask_for_node(ADMIN, node, 0)).await?;
    Ok(Known::read(&output))
}

/// Makes what a host joins with, for a short time.
///
/// # Errors
/// When the host of the control plane cannot.
pub(crate) async fn credentials(leader: &Host, control_plane: bool) -> Result<Credentials> {
    let ca = leader
        .probe()
        .read_text("/etc/kubernetes/pki/ca.crt")
        .await?;
    let name = leader.name();
    let ca = ca.ok_or_else(|| {
        Error::failed(format!("{name} has no certificate authority of a cluster"))
            .hint("`from` names a host that is one of the control plane")
    })?;
    let certificate_key = match control_plane {
        true => Some(upload_certs(leader).await?),
        false => None,
    };
    Ok(Credentials {
        token: create_token(leader, TOKEN_TTL, &[]).await?,
        ca_cert_hashes: vec![ca_cert_hash(&ca)?],
        certificate_key,
    })
}

/// Makes a bootstrap token; `more` are further arguments of `kubeadm token create`.
pub(crate) async fn create_token(leader: &Host, ttl: &str, more: &[&str]) -> Result<String> {
    let argv = ["kubeadm", "token", "create", "--ttl", ttl].into_iter();
    // Otherwise kubeadm takes root's own kubeconfig, which may be of another cluster.
    let command = Command::new(argv.chain(more.iter().copied())).env("KUBECONFIG", ADMIN);
    let output = run_kubeadm(leader, "token create", command).await?;
    let token = output.text().trim().to_owned();
    leader.controller().keep_secret(&token);
    Ok(token)
}

/// Takes a token away; only its first half is its name.
pub(crate) async fn delete_token(leader: &Host, token: &str) -> Result<()> {
    let id = token.split('.').next().unwrap_or_default();
    let command = Command::new(["kubeadm", "token", "delete", id]).env("KUBECONFIG", ADMIN);
    run_kubeadm(leader, "token delete", command)
        .await
        .map(|_| ())
}

/// Puts the certificates of the control plane into the cluster for two hours, and returns what opens them.
///
/// The configuration comes from the cluster: without it kubeadm would look up the newest release on the internet.
pub(crate) async fn upload_certs(leader: &Host) -> Result<String> {
    let script = format!(
        "set -e
config=$(kubectl --kubeconfig {ADMIN} --namespace kube-system get configmap kubeadm-config -o 'jsonpath={{.data.ClusterConfiguration}}')
printf '%s\\n' \"$config\" | kubeadm init phase upload-certs --upload-certs --config /dev/stdin"
    );
    let output = run_kubeadm(leader, "init phase upload-certs", Command::shell(script)).await?;
    let text = output.text();
    let key = text
        .lines()
        .map(str::trim)
        .rfind(|line| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let key = key.ok_or_else(|| Error::failed("kubeadm told no certificate key"))?;
    leader.controller().keep_secret(key);
    Ok(key.to_owned())
}

/// Takes a node out of the cluster: its member of etcd first, where it has one, then the node.
///
/// # Errors
/// When the API or etcd refuses.
pub(crate) async fn forget_node(leader: &Host, node: &str) -> Result<()> {
    if let Some(pod) = etcd_beside(leader, node).await? {
        let listed = leader
            .check(etcdctl(&pod, &["member", "list", "-w", "json"]))
            .await?;
        let listed: Json = serde_json::from_slice(&listed.stdout)
            .map_err(|error| Error::failed(format!("etcd's members cannot be read: {error}")))?;
        let members = listed["members"].as_array().into_iter().flatten();
        for member in members.filter(|member| member["name"] == node) {
            let id = member["ID"].as_u64().unwrap_or_default();
            let id = format!("{id:x}");
            leader
                .check(etcdctl(&pod, &["member", "remove", &id]))
                .await?;
        }
    }
    let delete = [
        "delete",
        "node",
        node,
        "--ignore-not-found",
        "--timeout=60s",
    ];
    leader.check(kubectl(&delete)).await.map(|_| ())
}

/// A pod of etcd on another node than this one; nothing where etcd is no pod.
async fn etcd_beside(leader: &Host, node: &str) -> Result<Option<String>> {
    let ask = [
        "--namespace",
        "kube-system",
        "get",
        "pods",
        "-l",
        "component=etcd",
        "-o",
        "json",
    ];
    let pods = leader.check(kubectl(&ask)).await?;
    let pods: Json = serde_json::from_slice(&pods.stdout)
        .map_err(|error| Error::failed(format!("the pods of etcd cannot be read: {error}")))?;
    let pods = pods["items"].as_array().into_iter().flatten();
    let pods =
        pods.filter(|pod| pod["status"]["phase"] == "Running" && pod["spec"]["nodeName"] != node);
    // A pod of a host that died says for a while that it runs: the leader's own comes first.
    let pod = pods.min_by_key(|pod| pod["spec"]["nodeName"] != leader.name());
    let name = pod.and_then(|pod| pod["metadata"]["name"].as_str());
    Ok(name.map(str::to_owned))
}

fn kubectl(argv: &[&str]) -> Command {
    Command::new(
        ["kubectl", "--kubeconfig", ADMIN]
            .iter()
            .chain(argv)
            .copied(),
    )
}

fn etcdctl(pod: &str, argv: &[&str]) -> Command {
    let words = [
        "--namespace",
        "kube-system",
        "exec",
        pod,
        "-c",
        "etcd",
        "--",
        "etcdctl",
        "--endpoints=https://127.0.0.1:2379",
        "--cacert=/etc/kubernetes/pki/etcd/ca.crt",
        "--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt",
        "--key=/etc/kubernetes/pki/etcd/healthcheck-client.key",
    ];
    kubectl(
        &words
            .into_iter()
            .chain(argv.iter().copied())
            .collect::<Vec<_>>(),
    )
}

//! How far a host has come on its way into a cluster: read from its files and from the API, never guessed.

use super::Documents;
use crate::kubernetes::cluster::condition;
use base64::{Engine, engine::general_purpose::STANDARD};
use k8sbm_core::{
    host::{Command, Output},
    task::{Probe, Result},
};
use serde_json::Value as Json;

/// What a node is called that is one of the control plane.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// What kubeadm and the kubelet have left on a host.
#[derive(Debug)]
pub(crate) struct Standing {
    kubelet_conf: Option<String>,
    begun: bool,
    /// What tells this machine from others.
    pub machine_id: String,
    /// The cluster's certificate authority.
    pub ca: Option<String>,
    /// The static pods of the control plane that are there.
    pub manifests: Vec<String>,
}

impl Standing {
    /// Looks at a host.
    pub(crate) async fn of(host: &Probe) -> Result<Self> {
        let (kubelet_conf, bootstrapping, config, machine_id, ca, manifests) = tokio::join!(
            host.read_text("/etc/kubernetes/kubelet.conf"),
            host.exists("/etc/kubernetes/bootstrap-kubelet.conf"),
            host.exists("/var/lib/kubelet/config.yaml"),
            host.read_text("/etc/machine-id"),
            host.read_text("/etc/kubernetes/pki/ca.crt"),
            host.list("/etc/kubernetes/manifests"),
        );
        let manifests = manifests?;
        let own = [
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
        ];
        let manifests = manifests.iter().flat_map(|names| names.iter());
        let manifests = manifests.filter_map(|name| name.strip_suffix(".yaml"));
        Ok(Self {
            kubelet_conf: kubelet_conf?,
            begun: bootstrapping? || config?,
            machine_id: machine_id?.unwrap_or_default().trim().to_owned(),
            ca: ca?,
            manifests: manifests
                .filter(|it| own.contains(it))
                .map(str::to_owned)
                .collect(),
        })
    }

    /// Whether kubeadm did nothing here yet. An authority that somebody put there does not count: `kubeadm init` takes it.
    pub(crate) fn is_fresh(&self) -> bool {
        self.kubelet_conf.is_none() && !self.begun && self.manifests.is_empty()
    }

    /// Whether the kubelet has what it needs to be a node.
    pub(crate) fn has_kubelet(&self) -> bool {
        self.kubelet_conf.is_some()
    }

    /// Whether the API has been up and signed the kubelet's certificate: what is here may hold a whole cluster.
    pub(crate) fn was_up(&self) -> bool {
        let text = self.kubelet_conf.as_deref().unwrap_or_default();
        text.contains("kubelet-client-current.pem")
    }

    /// Whether the kubelet trusts another authority than the one that stands beside it.
    pub(crate) fn is_torn(&self) -> bool {
        let (Some(ca), Some(conf)) = (&self.ca, &self.kubelet_conf) else {
            return false;
        };
        let data = conf
            .lines()
            .find_map(|line| line.trim().strip_prefix("certificate-authority-data:"));
        let trusted = data.and_then(|data| STANDARD.decode(data.trim()).ok());
        trusted.is_some_and(|trusted| trusted.trim_ascii() != ca.as_bytes().trim_ascii())
    }

    /// Where the kubelet reaches the API.
    pub(crate) fn server(&self) -> Option<&str> {
        let conf = self.kubelet_conf.as_deref()?;
        let mut lines = conf.lines();
        lines
            .find_map(|line| line.trim().strip_prefix("server:"))
            .map(str::trim)
    }
}

/// What the API says of a node.
#[derive(Debug)]
pub(crate) enum Known {
    /// It gave no answer, and this is why.
    Silent(String),
    /// It knows no such node.
    Absent,
    /// It knows it.
    Node(Box<Json>),
}

/// Asks the API for a node, for up to `patience` seconds while it does not answer.
pub(crate) fn ask_for_node(kubeconfig: &str, node: &str, patience: u64) -> Command {
    Command::shell(format!(
        "command -v kubectl >/dev/null || {{ echo 'kubectl is not installed' >&2; exit 127; }}
[ -e {kubeconfig} ] || {{ echo '{kubeconfig} is not there' >&2; exit 126; }}
limit=$(($(date +%s) + {patience}))
until kubectl --kubeconfig {kubeconfig} --request-timeout=15s get node {node} --ignore-not-found -o json; do
  [ \"$(date +%s)\" -lt \"$limit\" ] || exit 1
  sleep 2
done"
    ))
}

impl Known {
    /// Reads the answer to [`ask_for_node`].
    pub(crate) fn read(output: &Output) -> Self {
        if !output.success() {
            let said = output.error_text();
            let last = said.lines().rfind(|line| !line.trim().is_empty());
            return Self::Silent(last.unwrap_or("no answer").trim().to_owned());
        }
        match serde_json::from_slice(&output.stdout) {
            Ok(node) => Self::Node(Box::new(node)),
            Err(_) => Self::Absent,
        }
    }
}

/// Whether a node is one of the control plane.
pub(crate) fn is_control_plane(node: &Json) -> bool {
    !node["metadata"]["labels"][CONTROL_PLANE].is_null()
}

/// What the API holds of a node's readiness: `True`, `False` or `Unknown`.
pub(crate) fn readiness(node: &Json) -> &str {
    condition(node, "Ready")
        .and_then(|it| it["status"].as_str())
        .unwrap_or("Unknown")
}

/// A node's name: as said, or the host's own as kubeadm takes it.
pub(crate) async fn node_name(host: &Probe, said: Option<&str>) -> Result<String> {
    match said {
        Some(name) => Ok(name.to_owned()),
        None => {
            let output = host.query(["uname", "-n"]).await?;
            Ok(output.text().trim().to_lowercase())
        }
    }
}

/// A node's name: as said, as a configuration on the host has it, or the host's own.
pub(crate) async fn configured_name(
    host: &Probe,
    said: Option<&str>,
    config: &str,
    kind: &str,
) -> Result<String> {
    let text = host.read_text(config).await?;
    let documents = text
        .map(|text| Documents::read(config, &text))
        .transpose()?;
    let document = documents
        .as_ref()
        .and_then(|documents| documents.kind(kind));
    let name = document.and_then(|document| document["nodeRegistration"]["name"].as_str());
    node_name(host, said.or(name)).await
}

//! What a node runs, and how far an upgrade of it came: read from its files and from the API.

use crate::kubernetes::{
    cluster::condition,
    kubeadm::{ADMIN, Known, Standing, ask_for_node, is_control_plane},
    version::Version,
};
use k8sbm_core::{
    host::Command,
    task::{Error, Probe, Result},
};
use serde_json::Value as Json;

/// Where a node says which upgrade of kubeadm's it had, or that one was begun.
pub(super) const MARK: &str = "k8sbm.io/kubeadm-upgrade";

/// What stands before the release in the mark of an upgrade that has not ended.
pub(super) const BEGUN: &str = "begun ";

/// The kubeconfig of a node that is none of the control plane.
const OWN: &str = "/etc/kubernetes/kubelet.conf";

/// What has a release of its own.
#[derive(Debug)]
pub(super) struct Part {
    pub name: &'static str,
    pub version: Version,
}

/// What a node runs.
#[derive(Debug)]
pub(super) struct NodeStanding {
    pub name: String,
    /// The static pods of the control plane, or the kubelet.
    pub parts: Vec<Part>,
    /// Why it is not ready.
    pub trouble: Option<String>,
    /// What the cluster's configuration names.
    cluster: Version,
    control_plane: bool,
    mark: String,
}

/// The kubeconfig with which a node asks the API.
pub(super) fn kubeconfig(control_plane: bool) -> &'static str {
    if control_plane { ADMIN } else { OWN }
}

impl NodeStanding {
    /// Looks at a host.
    ///
    /// # Errors
    /// When it is no node, or one by half.
    pub(super) async fn of(host: &Probe, name: String) -> Result<Self> {
        let standing = Standing::of(host).await?;
        if standing.is_fresh() {
            return Err(Error::failed("the host is no node of a cluster").hint(
                "`kubeadm_init` and `kubeadm_join` make it one, of the release that is wanted",
            ));
        }
        let half = |why: String| {
            Error::failed(format!("the host is a node by half only: {why}"))
                .hint("`kubeadm_reset` takes it out of the cluster, or `kubeadm_join` with `repair: true` begins anew; then upgrade")
        };
        if !standing.has_kubelet() {
            return Err(half("its kubelet has no configuration".into()));
        }
        let serves = standing.manifests.iter().any(|it| it == "kube-apiserver");
        let config = kubeconfig(serves);
        let node = match Known::read(&*host.query_beyond(ask_for_node(config, &name, 60)).await?) {
            Known::Silent(why) => {
                return Err(Error::failed(format!("the API gives no answer ({why})"))
                    .hint("an upgrade begins with a cluster that does its work"));
            }
            Known::Absent => return Err(half(format!("the API knows no node `{name}`"))),
            Known::Node(node) => node,
        };
        if is_control_plane(&node) != serves {
            return Err(half(match serves {
                true => format!("the node `{name}` is not marked as one of the control plane"),
                false => {
                    format!("the node `{name}` is of the control plane, and runs no API server")
                }
            }));
        }
        let parts = if serves {
            static_pods(host).await?
        } else {
            let kubelet = node["status"]["nodeInfo"]["kubeletVersion"].as_str();
            vec![Part {
                name: "kubelet",
                version: Version::parse(kubelet.unwrap_or_default())?,
            }]
        };
        let output = host.query_beyond(ask_for_release(config)).await?;
        let said = output.text();
        let cluster = release(&said).ok_or_else(|| {
            let why = output.error_text();
            Error::failed(format!(
                "the cluster has no configuration of kubeadm's that names its release: {}",
                why.trim()
            ))
        })?;
        let mark = node["metadata"]["annotations"][MARK].as_str();
        Ok(Self {
            parts,
            trouble: trouble(&node),
            cluster,
            control_plane: serves,
            mark: mark.unwrap_or_default().to_owned(),
            name,
        })
    }

    pub(super) fn is_control_plane(&self) -> bool {
        self.control_plane
    }

    /// The oldest release of its parts.
    pub(super) fn oldest(&self) -> &Version {
        let versions = self.parts.iter().map(|part| &part.version);
        versions.min().unwrap_or(&self.cluster)
    }

    /// Whether an upgrade was begun and did not end.
    pub(super) fn was_interrupted(&self) -> bool {
        self.mark.starts_with(BEGUN)
    }

    /// Whether nothing is left to do.
    pub(super) fn is_at(&self, version: &Version) -> bool {
        if self.was_interrupted() || self.cluster != *version {
            return false;
        }
        // Which configuration a kubelet reads, nothing but its own release or the mark tells.
        let all = self.parts.iter().all(|part| part.version == *version);
        all || (!self.control_plane && self.mark == version.to_string())
    }
}

/// The releases of the control plane's static pods on this host.
async fn static_pods(host: &Probe) -> Result<Vec<Part>> {
    let names = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ];
    let mut parts = Vec::new();
    for name in names {
        let path = format!("/etc/kubernetes/manifests/{name}.yaml");
        let text = host.read_text(&path).await?.unwrap_or_default();
        let image = text
            .lines()
            .find_map(|line| line.trim().trim_start_matches("- ").strip_prefix("image:"));
        let tag = image.and_then(|image| image.trim().rsplit_once(':'));
        let version = tag.and_then(|(_, tag)| Version::parse(&tag.replace('_', "+")).ok());
        let version = version.ok_or_else(|| {
            Error::failed(format!("{path} names no image of a release"))
                .hint("kubeadm's manifests are on every host of the control plane")
        })?;
        parts.push(Part { name, version });
    }
    Ok(parts)
}

/// Asks for the configuration of the cluster.
pub(super) fn ask_for_release(kubeconfig: &str) -> Command {
    Command::new([
        "kubectl",
        "--kubeconfig",
        kubeconfig,
        "--request-timeout=15s",
        "--namespace",
        "kube-system",
        "get",
        "configmap",
        "kubeadm-config",
        "-o",
        "jsonpath={.data.ClusterConfiguration}",
    ])
}

/// The release that a configuration names.
pub(super) fn release(configuration: &str) -> Option<Version> {
    let mut lines = configuration.lines();
    let named = lines.find_map(|line| line.strip_prefix("kubernetesVersion:"))?;
    Version::parse(named.trim().trim_matches('"')).ok()
}

/// Why a node is not ready.
fn trouble(node: &Json) -> Option<String> {
    match condition(node, "Ready") {
        None => Some("its kubelet has not reported yet".into()),
        Some(ready) if ready["status"] == "True" => None,
        Some(ready) => {
            let said = ready["message"].as_str().unwrap_or("nobody says why");
            Some(said.to_owned())
        }
    }
}

//! The `kubeadm_config` module.

use super::{
    kubeadm::{Cluster, Documents, Etcd, ExtraArgs, INIT_FILE, JOIN_FILE, Node, Taint},
    version::{KubeadmApi, Version},
};
use k8sbm_core::{
    host::{Attributes, Mode},
    task::{Example, Plan, Probe, Result, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Writes the configuration that `kubeadm_init` or `kubeadm_join` works from.
///
/// It is written in the API version that kubeadm of this release reads (v1beta3 up to Kubernetes 1.30, v1beta4 from
/// 1.31 on), and held against the fields that this version knows: what kubeadm would refuse on the host is refused
/// before any host is touched. Nothing secret is in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KubeadmConfig {
    /// What it is for: `init` makes the cluster on its first host, `join` brings another host into it.
    #[serde(default)]
    kind: Purpose,
    /// The release of Kubernetes, such as `1.34.2`.
    #[schemars(with = "String")]
    version: Version,
    /// The file. Default `/etc/kubernetes/kubeadm-init.yaml`, or `/etc/kubernetes/kubeadm-join.yaml`.
    #[serde(alias = "path")]
    #[schemars(extend("aliases" = ["path"]))]
    dest: Option<String>,
    /// With `kind: join`, whether the host becomes one of the control plane.
    #[serde(default)]
    control_plane: bool,
    /// The node's name. Default: the host's own.
    node_name: Option<String>,
    /// The address that the kubelet tells others, or two of both families with a comma between.
    node_ip: Option<String>,
    /// The address that the API server of this host tells others. Default `node_ip`.
    advertise_address: Option<String>,
    /// The port of this host's API server. Default 6443.
    bind_port: Option<u16>,
    /// Where the container runtime listens. Default containerd's.
    #[serde(default = "containerd")]
    cri_socket: String,
    /// Whether images are pulled: `IfNotPresent`, `Always` or `Never`.
    #[serde(default = "if_not_present")]
    image_pull_policy: PullPolicy,
    /// Taints of the node. Without them a host of the control plane takes no workloads; an empty list lets it.
    taints: Option<Vec<Taint>>,
    /// Arguments of this host's kubelet, by name: `{node-labels: rack=1}`.
    #[serde(default)]
    kubelet_extra_args: ExtraArgs,
    /// A directory of the host with patches of static pods and of the kubelet's configuration.
    patches: Option<String>,
    /// Fields of `InitConfiguration` or `JoinConfiguration` beside these, as kubeadm names them. Mappings are merged,
    /// lists are put behind.
    #[serde(default)]
    node: Map<String, Json>,

    /// The cluster's name. Default `kubernetes`.
    cluster_name: Option<String>,
    /// Where the API is reached by all, as `address:port`. It should not be the address of one host: to change it
    /// later is laborious.
    control_plane_endpoint: Option<String>,
    /// The network of pods, such as `10.244.0.0/16`, or two of both families with a comma between.
    pod_cidr: Option<String>,
    /// The network of services. Default `10.96.0.0/12`.
    service_cidr: Option<String>,
    /// The domain of services. Default `cluster.local`.
    dns_domain: Option<String>,
    /// Where images come from. Default `registry.k8s.io`.
    image_repository: Option<String>,
    /// Names and addresses by which the API is reached beside those that kubeadm knows.
    #[serde(default)]
    cert_sans: Vec<String>,
    /// Features of kubeadm to turn on or off.
    #[serde(default)]
    feature_gates: BTreeMap<String, bool>,
    /// Arguments of the API server, by name. A list of values gives one more than once (since 1.31).
    #[serde(default)]
    apiserver_extra_args: ExtraArgs,
    /// Arguments of the controller manager, by name.
    #[serde(default)]
    controller_manager_extra_args: ExtraArgs,
    /// Arguments of the scheduler, by name.
    #[serde(default)]
    scheduler_extra_args: ExtraArgs,
    /// Settings of kubeadm's etcd, or where an etcd of one's own is.
    #[serde(default)]
    etcd: Etcd,
    /// A file of the host that says how secrets are encrypted at rest. The same must be on each host of the control
    /// plane.
    encryption_config: Option<String>,
    /// A file of the host that says what is audited. It must be on each host of the control plane.
    audit_policy: Option<String>,
    /// Where audit events go, with `audit_policy`.
    #[serde(default = "audit_log")]
    audit_log: String,
    /// Leaves kube-proxy out, for a network that does its work.
    #[serde(default)]
    proxy_disabled: bool,
    /// Fields of `KubeletConfiguration`, for all nodes.
    #[serde(default)]
    kubelet: Map<String, Json>,
    /// Fields of `KubeProxyConfiguration`. `mode` is `iptables` unless said otherwise.
    #[serde(default)]
    kube_proxy: Map<String, Json>,
    /// Fields of `ClusterConfiguration` beside these, as kubeadm names them. Mappings are merged, lists are put behind.
    #[serde(default)]
    cluster: Map<String, Json>,
    /// A command that must accept the new file before it is put in place; `%s` stands for its path.
    validate: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    /// The first host of the cluster.
    #[default]
    Init,
    /// Another host.
    Join,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
enum PullPolicy {
    IfNotPresent,
    Always,
    Never,
}

impl PullPolicy {
    fn name(self) -> &'static str {
        match self {
            Self::IfNotPresent => "IfNotPresent",
            Self::Always => "Always",
            Self::Never => "Never",
        }
    }
}

fn containerd() -> String {
    "unix:///run/containerd/containerd.sock".into()
}

fn if_not_present() -> PullPolicy {
    PullPolicy::IfNotPresent
}

fn audit_log() -> String {
    "/var/log/kubernetes/audit/audit.log".into()
}

impl Task for KubeadmConfig {
    const NAME: &'static str = "kubeadm_config";

    fn validate(&self) -> Result<()> {
        self.documents().map(|_| ())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let path = self.path();
        if let Some((directory, _)) = path.rsplit_once('/').filter(|(it, _)| !it.is_empty()) {
            plan.directory(host, directory, &Attributes::default())
                .await?;
        }
        let file = WriteFile {
            path: path.to_owned(),
            content: self.documents()?.text().into(),
            attributes: Attributes {
                mode: Some(Mode::octal(0o600)),
                owner: Some("root".into()),
                group: Some("root".into()),
            },
            validate: self.validate.clone(),
            ..WriteFile::default()
        };
        plan.write(host, file).await?;
        plan.returns("dest", path);
        plan.returns("api_version", self.version.behaviour()?.kubeadm.name());
        plan.returns("version", self.version.to_string());
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A cluster behind an address of its own",
                yaml: "kubeadm_config:\n  version: 1.34.2\n  control_plane_endpoint: 192.168.1.100:6443\n  pod_cidr: 10.244.0.0/16\n  node_ip: 192.168.1.11\n  cert_sans: [api.example.com]\n",
            },
            Example {
                title: "A network that does the work of kube-proxy, hosts that take workloads, and secrets that are encrypted",
                yaml: "kubeadm_config:\n  version: 1.36.4\n  control_plane_endpoint: api.example.com:6443\n  proxy_disabled: true\n  taints: []\n  encryption_config: /etc/kubernetes/encryption/config.yaml\n  audit_policy: /etc/kubernetes/audit/policy.yaml\n  kubelet:\n    serverTLSBootstrap: true\n    maxPods: 200\n",
            },
            Example {
                title: "What a worker joins with",
                yaml: "kubeadm_config:\n  kind: join\n  version: 1.34.2\n  node_ip: 192.168.1.21\n  kubelet_extra_args:\n    node-labels: rack=1\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("dest", "The file."),
            (
                "api_version",
                "What it is written in: `kubeadm.k8s.io/v1beta4`.",
            ),
            ("version", "The release, such as `v1.34.2`."),
        ]
    }
}

impl KubeadmConfig {
    fn path(&self) -> &str {
        let usual = match self.kind {
            Purpose::Init => INIT_FILE,
            Purpose::Join => JOIN_FILE,
        };
        self.dest.as_deref().unwrap_or(usual)
    }

    fn documents(&self) -> Result<Documents> {
        let mut documents = Documents::default();
        let node = self.node()?;
        match self.kind {
            Purpose::Init => {
                node.init(&mut documents)?;
                self.cluster().add(&mut documents)?;
            }
            Purpose::Join => node.join(&mut documents, self.control_plane)?,
        }
        Ok(documents)
    }

    fn node(&self) -> Result<Node<'_>> {
        let api = self.version.behaviour()?.kubeadm;
        let init = self.kind == Purpose::Init;
        // v1beta3 has no other way to leave it out.
        let skip = init && self.proxy_disabled && api == KubeadmApi::V1Beta3;
        Ok(Node {
            version: &self.version,
            name: self.node_name.as_deref(),
            address: self.node_ip.as_deref(),
            advertise_address: self.advertise_address.as_deref(),
            bind_port: self.bind_port,
            cri_socket: &self.cri_socket,
            image_pull_policy: self.image_pull_policy.name(),
            taints: self.taints.as_deref(),
            kubelet_extra_args: &self.kubelet_extra_args,
            patches: self.patches.as_deref(),
            skip_phases: if skip {
                vec!["addon/kube-proxy"]
            } else {
                Vec::new()
            },
            more: &self.node,
        })
    }

    fn cluster(&self) -> Cluster<'_> {
        Cluster {
            version: &self.version,
            name: self.cluster_name.as_deref(),
            endpoint: self.control_plane_endpoint.as_deref(),
            pod_cidr: self.pod_cidr.as_deref(),
            service_cidr: self.service_cidr.as_deref(),
            dns_domain: self.dns_domain.as_deref(),
            image_repository: self.image_repository.as_deref(),
            cert_sans: &self.cert_sans,
            feature_gates: &self.feature_gates,
            apiserver: &self.apiserver_extra_args,
            controller_manager: &self.controller_manager_extra_args,
            scheduler: &self.scheduler_extra_args,
            etcd: &self.etcd,
            encryption_config: self.encryption_config.as_deref(),
            audit_policy: self.audit_policy.as_deref(),
            audit_log: &self.audit_log,
            proxy_disabled: self.proxy_disabled,
            kubelet: &self.kubelet,
            kube_proxy: &self.kube_proxy,
            more: &self.cluster,
        }
    }
}

#[cfg(test)]
mod tests;

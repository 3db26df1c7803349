//! `cilium`: a network for pods, with policies, and without kube-proxy where wanted.

use super::values::{check_network, overlay};
use crate::kubernetes::{
    cluster::{Cluster, Key, admin_conf},
    helm::Release,
};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Gives pods a network with Cilium, from its Helm chart.
///
/// In place of kube-proxy it needs to know where the API is, since the address of the service `kubernetes` does not work
/// before; kubeadm must then not install kube-proxy, and a kube-proxy that is there is refused.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cilium {
    /// The chart's version, such as `1.20.1`.
    version: Option<String>,
    /// The chart: a name in `repo`, `oci://...`, or an archive on the host.
    #[serde(default = "chart")]
    chart: String,
    /// The chart's repository; nothing for an archive or `oci://`.
    repo: Option<String>,
    /// Whether it stands in for kube-proxy. Default true.
    #[serde(default = "yes")]
    kube_proxy_replacement: bool,
    /// Where the API is: an address or name that all nodes reach.
    api_host: Option<String>,
    /// The port of the API.
    #[serde(default = "api_port")]
    api_port: u16,
    /// Who gives out addresses: `kubernetes`, from each node's part of kubeadm's `podSubnet`, or `cluster-pool`, from
    /// `pod_cidr`.
    #[serde(default)]
    ipam: Ipam,
    /// The network of all pods, for `ipam: cluster-pool` and `routing: native`.
    pod_cidr: Option<String>,
    /// How packets travel: in a `tunnel`, or by routes, `native`, where all hosts are in one network.
    #[serde(default)]
    routing: Routing,
    /// Whether packets between nodes are encrypted with WireGuard.
    #[serde(default)]
    wireguard: bool,
    /// Whether Hubble's relay and user interface are installed. Default true.
    #[serde(default = "yes")]
    hubble: bool,
    /// Whether agent, operator and Hubble have metrics for Prometheus.
    #[serde(default)]
    prometheus: bool,
    /// How many operators there are: one where there is one node.
    #[serde(default = "two")]
    operator_replicas: u32,
    /// The hosts' interfaces; Cilium's own choice when empty.
    #[serde(default)]
    devices: Vec<String>,
    /// The largest packet; Cilium's own choice when absent.
    mtu: Option<u32>,
    /// Whether images are named by digest too. A mirror that does not keep digests needs `false`.
    #[serde(default = "yes")]
    image_digests: bool,
    /// Values of the chart over these.
    values: Option<Json>,
    /// Whether to wait until it runs on all nodes. Default true.
    #[serde(default = "yes")]
    wait: bool,
    /// Seconds that it may take.
    #[serde(default = "ten_minutes", alias = "wait_timeout")]
    #[schemars(extend("aliases" = ["wait_timeout"]))]
    timeout: u64,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

/// Who gives out addresses.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Ipam {
    /// Kubernetes, node by node.
    #[default]
    Kubernetes,
    /// Cilium's operator.
    ClusterPool,
}

/// How packets travel.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Routing {
    /// In a tunnel.
    #[default]
    Tunnel,
    /// By routes.
    Native,
}

fn chart() -> String {
    "cilium".into()
}

fn yes() -> bool {
    true
}

fn two() -> u32 {
    2
}

fn api_port() -> u16 {
    6443
}

fn ten_minutes() -> u64 {
    600
}

impl Cilium {
    fn values(&self) -> Json {
        let mut values = json!({
            "kubeProxyReplacement": self.kube_proxy_replacement,
            "ipam": {"mode": if self.ipam == Ipam::Kubernetes { "kubernetes" } else { "cluster-pool" }},
            "operator": {"replicas": self.operator_replicas},
            "hubble": {"relay": {"enabled": self.hubble}, "ui": {"enabled": self.hubble}},
            "rollOutCiliumPods": true,
        });
        let mut add = |path: &[&str], value: Json| {
            let nested = path
                .iter()
                .rev()
                .fold(value, |inner, name| json!({*name: inner}));
            overlay(&mut values, Some(&nested));
        };
        if let Some(host) = &self.api_host {
            add(&["k8sServiceHost"], json!(host));
            add(&["k8sServicePort"], json!(self.api_port));
        }
        match self.ipam {
            Ipam::Kubernetes => add(&["k8s", "requireIPv4PodCIDR"], json!(true)),
            Ipam::ClusterPool => add(
                &["ipam", "operator", "clusterPoolIPv4PodCIDRList"],
                json!([self.pod_cidr]),
            ),
        }
        if self.routing == Routing::Native {
            add(&["routingMode"], json!("native"));
            add(&["ipv4NativeRoutingCIDR"], json!(self.pod_cidr));
            add(&["autoDirectNodeRoutes"], json!(true));
        }
        if self.wireguard {
            add(
                &["encryption"],
                json!({"enabled": true, "type": "wireguard"}),
            );
        }
        if self.prometheus {
            add(&["prometheus", "enabled"], json!(true));
            add(&["operator", "prometheus", "enabled"], json!(true));
            let metrics = [
                "dns",
                "drop",
                "tcp",
                "flow",
                "port-distribution",
                "icmp",
                "httpV2",
            ];
            add(&["hubble", "metrics", "enabled"], json!(metrics));
        }
        if !self.devices.is_empty() {
            add(&["devices"], json!(self.devices));
        }
        if let Some(mtu) = self.mtu {
            add(&["MTU"], json!(mtu));
        }
        if !self.image_digests {
            for image in [
                &["image"][..],
                &["operator", "image"],
                &["envoy", "image"],
                &["certgen", "image"],
                &["hubble", "relay", "image"],
                &["hubble", "ui", "backend", "image"],
                &["hubble", "ui", "frontend", "image"],
            ] {
                add(&[image, &["useDigest"]].concat(), json!(false));
            }
        }
        overlay(&mut values, self.values.as_ref());
        values
    }

    /// Refuses to stand beside kube-proxy, whose rules would win.
    async fn no_kube_proxy(&self, host: &Probe) -> Result<()> {
        let Some(cluster) = Cluster::open(host, &self.kubeconfig).await? else {
            return Ok(());
        };
        let key = Key {
            api_version: "apps/v1".into(),
            kind: "DaemonSet".into(),
            namespace: Some("kube-system".into()),
            name: "kube-proxy".into(),
        };
        if cluster.get(&key).await?.is_none() {
            return Ok(());
        }
        Err(Error::failed("kube-proxy runs in this cluster, and Cilium shall stand in for it")
            .hint("have kubeadm skip the phase `addon/kube-proxy`, or delete the DaemonSet and its rules on every node; or say `kube_proxy_replacement: false`"))
    }
}

impl Task for Cilium {
    const NAME: &'static str = "cilium";

    fn validate(&self) -> Result<()> {
        if self.kube_proxy_replacement && self.api_host.is_none() {
            return Err(Error::arguments(
                "`api_host` is needed where Cilium stands in for kube-proxy",
            )
            .hint("say the address of the API that all nodes reach, such as the virtual IP"));
        }
        let needs = self.ipam == Ipam::ClusterPool || self.routing == Routing::Native;
        match &self.pod_cidr {
            Some(network) => check_network("pod_cidr", network),
            None if needs => Err(Error::arguments(
                "`pod_cidr` is needed for `ipam: cluster-pool` and `routing: native`",
            )),
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        if self.kube_proxy_replacement {
            self.no_kube_proxy(host).await?;
        }
        let repo = self.repo.clone();
        let release = Release {
            repo: repo.or_else(|| (self.chart == chart()).then(|| "https://helm.cilium.io".into())),
            version: self.version.clone(),
            values: self.values(),
            wait: self.wait,
            timeout: self.timeout,
            create_namespace: false,
            ..Release::of("cilium", "kube-system", &self.chart, &self.kubeconfig)
        };
        release.plan(host, &mut plan).await?;
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "In place of kube-proxy, behind a virtual IP",
                yaml: "cilium:\n  version: 1.20.1\n  api_host: \"192.168.1.100\"\n  hubble: true\n  prometheus: true\nrun_once: true\n",
            },
            Example {
                title: "Beside kube-proxy, encrypted, from an archive on the host",
                yaml: "cilium:\n  chart: /var/cache/charts/cilium-1.20.1.tgz\n  kube_proxy_replacement: false\n  wireguard: true\n  image_digests: false\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("status", "The release, as `helm_release` returns it.")]
    }
}

#[cfg(test)]
mod tests;

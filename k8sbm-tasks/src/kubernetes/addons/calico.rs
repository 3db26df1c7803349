//! `calico`: a network for pods, with policies.

use super::values::{check_network, overlay};
use crate::kubernetes::{
    cluster::{Applying, Cluster, Key, admin_conf, documents},
    helm::{Crds, Helm, Release, rendered},
};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Gives pods a network with Calico, from the Helm chart of its operator.
///
/// Since 3.32 the definitions of its kinds are in a chart of their own, which `crds_chart` names; they are applied first.
/// The network of a pool that is there cannot be changed, and a plan that would is refused.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calico {
    /// The chart's version, such as `v3.32.2`.
    version: Option<String>,
    /// The chart of the operator: a name in `repo`, `oci://...`, or an archive on the host.
    #[serde(default = "chart")]
    chart: String,
    /// The chart's repository; nothing for an archive or `oci://`.
    repo: Option<String>,
    /// The chart with the definitions of kinds, such as `crd.projectcalico.org.v1`, in the same repository, or an archive
    /// on the host. Nothing before 3.32.
    crds_chart: Option<String>,
    /// The network of all pods, as kubeadm's `podSubnet`.
    pod_cidr: String,
    /// How packets travel: `VXLANCrossSubnet` by routes within the hosts' network and in UDP packets beyond, `VXLAN`,
    /// `IPIP`, `IPIPCrossSubnet`, or `None`.
    #[serde(default)]
    encapsulation: Encapsulation,
    /// Whether routes are exchanged by BGP, as `IPIP` and `None` need. Default: where they do.
    bgp: Option<bool>,
    /// Whether pods' packets that leave the cluster carry the node's address. Default true.
    #[serde(default = "yes")]
    nat_outgoing: bool,
    /// How many bits of address a node's block of the network has: 26 is 64 addresses.
    #[serde(default = "block_size")]
    block_size: u8,
    /// Networks of the hosts. A node's address is the one in them; the first that is found, which may be a virtual IP,
    /// when empty.
    #[serde(default)]
    node_networks: Vec<String>,
    /// The hosts' interface, or a regular expression for it, as another way to say a node's address.
    interface: Option<String>,
    /// What moves packets: `Iptables`, `Nftables` or `BPF`.
    dataplane: Option<Dataplane>,
    /// The largest packet; Calico's own choice when absent.
    mtu: Option<u32>,
    /// The registry of Calico's images, for a mirror. It ends with a slash.
    registry: Option<String>,
    /// Where the API is, for `dataplane: BPF` without kube-proxy.
    api_host: Option<String>,
    /// The port of the API.
    #[serde(default = "api_port")]
    api_port: u16,
    /// Whether Calico's own API is served. Default true.
    #[serde(default = "yes")]
    api_server: bool,
    /// Whether flows are collected and shown (Goldmane and Whisker).
    #[serde(default)]
    whisker: bool,
    /// Values of the chart over these.
    values: Option<Json>,
    /// Whether to wait until the operator runs. Default true. For Calico itself wait with `k8s_wait` for `TigeraStatus`.
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

/// How packets travel.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, serde::Serialize)]
enum Encapsulation {
    /// By routes within the hosts' network, in UDP packets beyond.
    #[default]
    #[serde(rename = "VXLANCrossSubnet")]
    VxlanCrossSubnet,
    /// In UDP packets.
    #[serde(rename = "VXLAN")]
    Vxlan,
    /// In IP packets.
    #[serde(rename = "IPIP")]
    Ipip,
    /// By routes within the hosts' network, in IP packets beyond.
    #[serde(rename = "IPIPCrossSubnet")]
    IpipCrossSubnet,
    /// By routes.
    None,
}

/// What moves packets.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, serde::Serialize)]
enum Dataplane {
    /// Rules of iptables.
    Iptables,
    /// Rules of nftables.
    Nftables,
    /// Programs in the kernel.
    #[serde(rename = "BPF")]
    Bpf,
}

fn chart() -> String {
    "tigera-operator".into()
}

fn yes() -> bool {
    true
}

fn block_size() -> u8 {
    26
}

fn api_port() -> u16 {
    6443
}

fn ten_minutes() -> u64 {
    600
}

impl Calico {
    fn values(&self) -> Json {
        let vxlan = matches!(
            self.encapsulation,
            Encapsulation::Vxlan | Encapsulation::VxlanCrossSubnet
        );
        let bgp = self.bgp.unwrap_or(!vxlan);
        let mut network = json!({
            "bgp": if bgp { "Enabled" } else { "Disabled" },
            "ipPools": [{
                "name": "default-ipv4-ippool",
                "cidr": self.pod_cidr,
                "encapsulation": self.encapsulation,
                "natOutgoing": if self.nat_outgoing { "Enabled" } else { "Disabled" },
                "blockSize": self.block_size,
                "nodeSelector": "all()",
            }],
        });
        let mut set = |name: &str, value: Json| network[name] = value;
        if !self.node_networks.is_empty() {
            set(
                "nodeAddressAutodetectionV4",
                json!({"cidrs": self.node_networks}),
            );
        } else if let Some(interface) = &self.interface {
            set(
                "nodeAddressAutodetectionV4",
                json!({"interface": interface}),
            );
        }
        if let Some(dataplane) = self.dataplane {
            set("linuxDataplane", json!(dataplane));
        }
        if let Some(mtu) = self.mtu {
            set("mtu", json!(mtu));
        }
        let mut installation = Map::from_iter([
            ("enabled".to_owned(), json!(true)),
            ("calicoNetwork".to_owned(), network),
        ]);
        let mut values = json!({
            "apiServer": {"enabled": self.api_server},
            "goldmane": {"enabled": self.whisker},
            "whisker": {"enabled": self.whisker},
        });
        if let Some(registry) = &self.registry {
            installation.insert("registry".into(), json!(registry));
            values["tigeraOperator"] = json!({"registry": registry.trim_end_matches('/')});
        }
        if let Some(host) = &self.api_host {
            values["kubernetesServiceEndpoint"] =
                json!({"host": host, "port": self.api_port.to_string()});
        }
        values["installation"] = Json::Object(installation);
        overlay(&mut values, self.values.as_ref());
        values
    }

    fn repo(&self, chart_name: &str) -> Option<String> {
        let name = !chart_name.contains('/');
        let repo = self.repo.clone();
        repo.or_else(|| name.then(|| "https://docs.tigera.io/calico/charts".into()))
            .filter(|_| name)
    }

    /// Refuses another network than that of the pool in use.
    async fn same_network(&self, host: &Probe) -> Result<()> {
        let Some(cluster) = Cluster::open(host, &self.kubeconfig).await? else {
            return Ok(());
        };
        let key = Key {
            api_version: "operator.tigera.io/v1".into(),
            kind: "Installation".into(),
            namespace: None,
            name: "default".into(),
        };
        let there = match cluster.get(&key).await {
            Ok(there) => there,
            Err(refusal) if refusal.why == crate::kubernetes::cluster::Why::NoKind => None,
            Err(refusal) => return Err(refusal.into()),
        };
        let before = there
            .as_ref()
            .and_then(|it| it.pointer("/spec/calicoNetwork/ipPools/0/cidr")?.as_str());
        match before {
            Some(before) if before != self.pod_cidr => Err(Error::failed(format!(
                "Calico gives pods addresses of {before}, and a pool cannot change its network to {}",
                self.pod_cidr
            ))
            .hint("add a pool with `k8s`, move the pods, and delete the old one")),
            _ => Ok(()),
        }
    }

    async fn definitions(&self, chart: &str, host: &Probe, plan: &mut Plan) -> Result<()> {
        if Cluster::open(host, &self.kubeconfig).await?.is_none() {
            return Ok(());
        }
        let helm = Helm::on(host, &self.kubeconfig);
        let text = rendered(
            &helm,
            "calico-crds",
            chart,
            self.repo(chart).as_deref(),
            self.version.as_deref(),
        )
        .await?;
        let applying = Applying {
            force: true,
            ..Applying::of(documents(chart, &text)?, &self.kubeconfig)
        };
        applying.plan(host, plan).await?;
        plan.returns.shift_remove("result");
        Ok(())
    }
}

impl Task for Calico {
    const NAME: &'static str = "calico";

    fn validate(&self) -> Result<()> {
        check_network("pod_cidr", &self.pod_cidr)?;
        for network in &self.node_networks {
            check_network("node_networks", network)?;
        }
        if !(20..=32).contains(&self.block_size) {
            return Err(Error::arguments("`block_size` is between 20 and 32"));
        }
        if self.bgp == Some(false)
            && matches!(
                self.encapsulation,
                Encapsulation::Ipip | Encapsulation::IpipCrossSubnet
            )
        {
            return Err(Error::arguments("`encapsulation: IPIP` needs `bgp`"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        self.same_network(host).await?;
        if let Some(chart) = &self.crds_chart {
            self.definitions(chart, host, &mut plan).await?;
        }
        let release = Release {
            repo: self.repo(&self.chart),
            version: self.version.clone(),
            values: self.values(),
            crds: Crds::Install,
            wait: self.wait,
            timeout: self.timeout,
            ..Release::of("calico", "tigera-operator", &self.chart, &self.kubeconfig)
        };
        release.plan(host, &mut plan).await?;
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "VXLAN between networks, and the nodes' addresses of one of them",
                yaml: "- calico:\n    version: v3.32.2\n    crds_chart: crd.projectcalico.org.v1\n    pod_cidr: 10.244.0.0/16\n    node_networks: [192.168.1.0/24]\n  run_once: true\n- k8s_wait:\n    kind: TigeraStatus\n    condition: Available\n    timeout: 600\n",
            },
            Example {
                title: "From archives on the host, with images of a mirror",
                yaml: "calico:\n  chart: /var/cache/charts/tigera-operator-v3.32.2.tgz\n  crds_chart: /var/cache/charts/crd.projectcalico.org.v1-v3.32.2.tgz\n  pod_cidr: 10.244.0.0/16\n  registry: registry.example.org/\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "status",
            "The operator's release, as `helm_release` returns it.",
        )]
    }
}

#[cfg(test)]
mod tests;

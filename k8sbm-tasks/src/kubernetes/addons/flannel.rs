//! `flannel`: a simple network for pods.

mod manifest;

use super::values::check_network;
use crate::kubernetes::cluster::{Applying, Patience, admin_conf};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// Gives pods a network with Flannel.
///
/// Needs the CNI plugins `bridge`, `portmap` and `loopback` on each host, `br_netfilter` loaded, and a cluster whose
/// controller manager gives each node a part of `pod_cidr`, as kubeadm's `podSubnet` makes it do. A change of the
/// configuration rolls the pods of Flannel; another backend than the present one is refused, since Flannel cannot change
/// it while it runs.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flannel {
    /// The version, such as `0.28.9`; it names the image unless `image` does.
    version: Option<String>,
    /// The version of its CNI plugin, such as `1.9.1-flannel3`; it names the image unless `cni_plugin_image` does.
    cni_plugin_version: Option<String>,
    /// The image of Flannel.
    image: Option<String>,
    /// The image of its CNI plugin.
    cni_plugin_image: Option<String>,
    /// The registry of images that are named by version.
    #[serde(default = "registry")]
    registry: String,
    /// The network of all pods, as kubeadm's `podSubnet`.
    pod_cidr: String,
    /// How packets travel: `vxlan` in UDP packets; `host-gw` by routes, where all hosts are in one network;
    /// `wireguard` encrypted.
    #[serde(default)]
    backend: Backend,
    /// With `vxlan`: routes instead of UDP packets between hosts of one network. Default false.
    #[serde(default)]
    direct_routing: bool,
    /// The largest packet; Flannel's own choice when absent.
    mtu: Option<u32>,
    /// With `vxlan`: the UDP port; 8472 when absent.
    port: Option<u16>,
    /// The hosts' interface, or a regular expression for it; that of the default route when absent.
    interface: Option<String>,
    /// The hosts' address, or a regular expression for it, as another way to say the interface.
    interface_regex: Option<String>,
    /// Where it lives.
    #[serde(default = "namespace")]
    namespace: String,
    /// Where the hosts keep CNI plugins.
    #[serde(default = "cni_bin")]
    cni_bin_dir: String,
    /// Where the hosts keep CNI configurations.
    #[serde(default = "cni_conf")]
    cni_conf_dir: String,
    /// Whether to wait until it runs on all nodes. Default true.
    #[serde(default = "yes")]
    wait: bool,
    /// Seconds to wait.
    #[serde(default = "five_minutes", alias = "wait_timeout")]
    #[schemars(extend("aliases" = ["wait_timeout"]))]
    timeout: u64,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

/// How packets travel between hosts.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Backend {
    /// In UDP packets.
    #[default]
    Vxlan,
    /// By routes.
    HostGw,
    /// Encrypted.
    Wireguard,
}

impl Backend {
    fn word(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::HostGw => "host-gw",
            Self::Wireguard => "wireguard",
        }
    }
}

fn registry() -> String {
    "ghcr.io".into()
}

fn namespace() -> String {
    "kube-flannel".into()
}

fn cni_bin() -> String {
    "/opt/cni/bin".into()
}

fn cni_conf() -> String {
    "/etc/cni/net.d".into()
}

fn yes() -> bool {
    true
}

fn five_minutes() -> u64 {
    300
}

impl Flannel {
    fn images(&self) -> Result<(String, String)> {
        let named = |image: &Option<String>, name: &str, version: &Option<String>, hint: &str| {
            let by_version = version.as_deref().map(|version| {
                let version = version.trim_start_matches('v');
                format!("{}/flannel-io/{name}:v{version}", self.registry)
            });
            let image = image.clone().or(by_version);
            image.ok_or_else(|| Error::arguments(format!("no image of {name} is named")).hint(hint))
        };
        Ok((
            named(
                &self.image,
                "flannel",
                &self.version,
                "say `version` or `image`",
            )?,
            named(
                &self.cni_plugin_image,
                "flannel-cni-plugin",
                &self.cni_plugin_version,
                "say `cni_plugin_version` or `cni_plugin_image`",
            )?,
        ))
    }

    /// Refuses to change the backend of a network that is in use.
    fn same_backend(&self, current: &[Json]) -> Result<()> {
        let Some(config) = current
            .iter()
            .find(|it| it["kind"] == "ConfigMap" && it["metadata"]["name"] == manifest::CONFIG)
        else {
            return Ok(());
        };
        let text = config["data"]["net-conf.json"].as_str().unwrap_or_default();
        let before: Json = serde_json::from_str(text).unwrap_or_default();
        let Some(before) = before["Backend"]["Type"].as_str() else {
            return Ok(());
        };
        if before.eq_ignore_ascii_case(self.backend.word()) {
            return Ok(());
        }
        Err(Error::failed(format!(
            "Flannel runs with the backend {before}, and cannot change to {} while it runs",
            self.backend.word()
        ))
        .hint("delete it with `k8s` and `state: absent`, reboot the nodes, and install it anew"))
    }
}

impl Task for Flannel {
    const NAME: &'static str = "flannel";

    fn validate(&self) -> Result<()> {
        check_network("pod_cidr", &self.pod_cidr)?;
        if self.direct_routing && self.backend != Backend::Vxlan {
            return Err(Error::arguments(
                "`direct_routing` goes with `backend: vxlan`",
            ));
        }
        if self.port.is_some() && self.backend != Backend::Vxlan {
            return Err(Error::arguments("`port` goes with `backend: vxlan`"));
        }
        self.images().map(drop)
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let applying = Applying {
            force: true,
            wait: self.wait.then(|| Patience::seconds(self.timeout)),
            ..Applying::of(self.manifest()?, &self.kubeconfig)
        };
        let same_backend = |current: &[Json]| self.same_backend(current);
        applying.plan_unless(host, &mut plan, same_backend).await?;
        plan.returns.clear();
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "VXLAN, with routes between hosts of one network",
                yaml: "flannel:\n  version: 0.28.9\n  cni_plugin_version: 1.9.1-flannel3\n  pod_cidr: 10.244.0.0/16\n  direct_routing: true\nrun_once: true\n",
            },
            Example {
                title: "Routes alone, on the second interface, from a mirror",
                yaml: "flannel:\n  version: 0.28.9\n  cni_plugin_version: 1.9.1-flannel3\n  registry: registry.example.org\n  pod_cidr: 10.244.0.0/16\n  backend: host-gw\n  interface: eth1\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests;

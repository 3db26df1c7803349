//! `metallb`: addresses for services of type LoadBalancer.

use super::values::overlay;
use crate::kubernetes::{
    cluster::{Applying, Patience, admin_conf, documents, into_namespace},
    helm::Release,
};
use k8sbm_core::task::{Error, Example, FileSearch, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::{net::IpAddr, time::Duration};

/// Gives services of type LoadBalancer addresses of the hosts' network, with MetalLB in layer 2.
///
/// Comes from its Helm chart, or from its native manifest. The pools wait until MetalLB's webhook answers.
/// Nodes with the label `node.kubernetes.io/exclude-from-external-load-balancers`, as kubeadm gives it to control
/// planes, announce nothing unless `ignore_exclude_label` says so.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metallb {
    /// The chart's version, such as `0.16.1`.
    version: Option<String>,
    /// The chart: a name in `repo`, `oci://...`, or an archive on the host.
    #[serde(default = "chart")]
    chart: String,
    /// The chart's repository; nothing for an archive or `oci://`.
    repo: Option<String>,
    /// A native manifest (`metallb-native.yaml`) on the controller, looked for in `files/`, instead of the chart.
    manifest: Option<String>,
    /// Its namespace; that of a native manifest is its own.
    #[serde(default = "namespace")]
    namespace: String,
    /// The pools of addresses.
    pools: Vec<Pool>,
    /// The hosts' interfaces that announce; all when empty.
    #[serde(default)]
    interfaces: Vec<String>,
    /// Labels of the nodes that announce; all nodes when empty.
    #[serde(default)]
    node_labels: Map<String, Json>,
    /// Whether nodes announce that are excluded from load balancers by label. Only with the chart.
    #[serde(default)]
    ignore_exclude_label: bool,
    /// Values of the chart over these.
    values: Option<Json>,
    /// Whether to wait until it runs. Default true.
    #[serde(default = "yes")]
    wait: bool,
    /// Seconds that it may take, and that its webhook is asked again.
    #[serde(default = "five_minutes", alias = "wait_timeout")]
    #[schemars(extend("aliases" = ["wait_timeout"]))]
    timeout: u64,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

/// A pool of addresses.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pool {
    /// Its name.
    name: String,
    /// Its addresses: `192.168.1.200-192.168.1.220`, or `192.168.1.192/28`.
    addresses: Vec<String>,
    /// Whether services get addresses of it that do not ask for it. Default true.
    #[serde(default = "yes")]
    auto_assign: bool,
    /// Whether addresses that end with 0 and 255 are passed by.
    #[serde(default)]
    avoid_buggy_ips: bool,
}

fn chart() -> String {
    "metallb".into()
}

fn namespace() -> String {
    "metallb-system".into()
}

fn yes() -> bool {
    true
}

fn five_minutes() -> u64 {
    300
}

impl Metallb {
    /// Since 0.16 the chart brings a router for BGP, which layer 2 does not need.
    fn values(&self) -> Json {
        let mut values = json!({
            "frrk8s": {"enabled": false},
            "speaker": {"frr": {"enabled": false}, "ignoreExcludeLB": self.ignore_exclude_label},
        });
        overlay(&mut values, self.values.as_ref());
        values
    }

    fn pools(&self) -> Vec<Json> {
        let metadata = |name: &str| json!({"name": name, "namespace": self.namespace});
        let mut objects: Vec<Json> = Vec::new();
        for pool in &self.pools {
            let spec = json!({"addresses": pool.addresses, "autoAssign": pool.auto_assign, "avoidBuggyIPs": pool.avoid_buggy_ips});
            objects.push(json!({"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "metadata": metadata(&pool.name), "spec": spec}));
        }
        let names: Vec<&str> = self.pools.iter().map(|pool| &*pool.name).collect();
        let mut spec = json!({"ipAddressPools": names});
        if !self.interfaces.is_empty() {
            spec["interfaces"] = json!(self.interfaces);
        }
        if !self.node_labels.is_empty() {
            spec["nodeSelectors"] = json!([{"matchLabels": self.node_labels}]);
        }
        objects.push(json!({"apiVersion": "metallb.io/v1beta1", "kind": "L2Advertisement", "metadata": metadata("layer2"), "spec": spec}));
        objects
    }

    fn applying(&self, objects: Vec<Json>) -> Applying {
        Applying {
            force: true,
            retry: Duration::from_secs(self.timeout),
            wait: self.wait.then(|| Patience::seconds(self.timeout)),
            kinds_come: true,
            ..Applying::of(objects, &self.kubeconfig)
        }
    }
}

/// Refuses what is no range of addresses.
fn check_range(text: &str) -> Result<()> {
    let wrong = |why: &str| {
        Err(
            Error::arguments(format!("`{text}` is no range of addresses{why}"))
                .hint("say `192.168.1.200-192.168.1.220`, or `192.168.1.192/28`"),
        )
    };
    let Some((first, last)) = text.split_once('-') else {
        return super::values::check_network("addresses", text);
    };
    let parsed = first
        .trim()
        .parse::<IpAddr>()
        .ok()
        .zip(last.trim().parse::<IpAddr>().ok());
    match parsed {
        None => wrong(""),
        Some((first, last)) if first.is_ipv4() != last.is_ipv4() => {
            wrong(": the ends are of two kinds")
        }
        Some((first, last)) if first > last => wrong(": it ends before it begins"),
        Some(_) => Ok(()),
    }
}

impl Task for Metallb {
    const NAME: &'static str = "metallb";

    fn validate(&self) -> Result<()> {
        if self.pools.is_empty() {
            return Err(Error::arguments("`pools` is empty"));
        }
        if self.manifest.is_some() && (self.values.is_some() || self.ignore_exclude_label) {
            return Err(Error::arguments(
                "`values` and `ignore_exclude_label` go with the chart, not with `manifest`",
            ));
        }
        self.pools
            .iter()
            .flat_map(|pool| &pool.addresses)
            .try_for_each(|it| check_range(it))
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let mut objects = Vec::new();
        match &self.manifest {
            Some(manifest) => {
                let controller = host.controller();
                let content = controller.read(&controller.find(FileSearch::Files, manifest)?)?;
                objects = documents(manifest, &String::from_utf8_lossy(&content))?;
                into_namespace(&mut objects, &self.namespace);
            }
            None => {
                let repo = self.repo.clone();
                let release = Release {
                    repo: repo.or_else(|| {
                        (self.chart == chart()).then(|| "https://metallb.github.io/metallb".into())
                    }),
                    version: self.version.clone(),
                    values: self.values(),
                    wait: self.wait,
                    timeout: self.timeout,
                    ..Release::of("metallb", &self.namespace, &self.chart, &self.kubeconfig)
                };
                release.plan(host, &mut plan).await?;
            }
        }
        // The webhook must run before it can judge the pools: what it is part of comes, and is waited for, before.
        if !objects.is_empty() {
            self.applying(objects).plan(host, &mut plan).await?;
        }
        self.applying(self.pools()).plan(host, &mut plan).await?;
        plan.returns.shift_remove("result");
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Twenty addresses of the hosts' network",
                yaml: "metallb:\n  version: 0.16.1\n  pools:\n    - name: public\n      addresses: [192.168.1.200-192.168.1.220]\nrun_once: true\n",
            },
            Example {
                title: "From the native manifest, announced by some nodes on one interface",
                yaml: "metallb:\n  manifest: metallb-native.yaml\n  pools:\n    - name: public\n      addresses: [192.168.1.192/28]\n      avoid_buggy_ips: true\n  interfaces: [eth0]\n  node_labels: {edge: \"true\"}\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "status",
            "The release, as `helm_release` returns it; nothing with `manifest`.",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kubernetes::cluster::{Api, yaml},
        testing::{Desk, apply_on, arguments, probe, refusal, told},
    };
    use k8sbm_core::node::from_node;

    const NATIVE: &str = "{manifest: native.yml, wait: false, pools: [{name: public, addresses: [10.0.0.200-10.0.0.220]}], interfaces: [eth0], node_labels: {edge: 'true'}}";

    #[test]
    fn pools_and_values_are_as_asked() {
        let metallb: Metallb = from_node(&arguments(NATIVE)).unwrap();
        let texts: Vec<String> = metallb.pools().iter().map(yaml).collect();
        insta::assert_snapshot!(texts.join("---\n"), @r"
        apiVersion: metallb.io/v1beta1
        kind: IPAddressPool
        metadata:
          name: public
          namespace: metallb-system
        spec:
          addresses:
          - 10.0.0.200-10.0.0.220
          autoAssign: true
          avoidBuggyIPs: false
        ---
        apiVersion: metallb.io/v1beta1
        kind: L2Advertisement
        metadata:
          name: layer2
          namespace: metallb-system
        spec:
          ipAddressPools:
          - public
          interfaces:
          - eth0
          nodeSelectors:
          - matchLabels:
              edge: 'true'
        ");
        insta::assert_snapshot!(yaml(&metallb.values()), @r"
        frrk8s:
          enabled: false
        speaker:
          frr:
            enabled: false
          ignoreExcludeLB: false
        ");
    }

    #[tokio::test]
    async fn the_native_manifest_brings_the_kinds_of_the_pools() {
        let definition = |kind: &str| {
            format!(
                "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {kind}s}}\nspec: {{group: metallb.io, names: {{kind: {kind}}}}}\n"
            )
        };
        let manifest = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: metallb-system}}\n{}{}",
            definition("IPAddressPool"),
            definition("L2Advertisement")
        );
        let api = Api::default()
            .without("IPAddressPool")
            .without("L2Advertisement");
        let host = || probe(api.host(), Desk::with_files(&[("native.yml", &manifest)]));
        let steps = told(&host(), "metallb", NATIVE).await;
        let steps: Vec<&str> = steps
            .lines()
            .filter(|line| !line.starts_with(['+', '-']))
            .collect();
        insta::assert_snapshot!(steps.join("\n"), @r"
        create Namespace metallb-system, CustomResourceDefinition IPAddressPools, CustomResourceDefinition L2Advertisements
        create IPAddressPool metallb-system/public, L2Advertisement metallb-system/layer2
        ");
        apply_on(&host(), "metallb", NATIVE).await.unwrap();
        assert_eq!(told(&host(), "metallb", NATIVE).await, "");
        assert!(api.get("IPAddressPool", "public").is_some());
    }

    #[test]
    fn ranges_are_checked() {
        let with = |range: &str| {
            refusal(
                "metallb",
                &format!("{{pools: [{{name: a, addresses: ['{range}']}}]}}"),
            )
            .message
        };
        insta::assert_snapshot!(with("10.0.0.9-10.0.0.1"), @"`10.0.0.9-10.0.0.1` is no range of addresses: it ends before it begins");
        insta::assert_snapshot!(with("10.0.0.9"), @"`addresses` is `10.0.0.9`, which is no network");
        assert_eq!(
            refusal("metallb", "{pools: []}").message,
            "`pools` is empty"
        );
    }
}

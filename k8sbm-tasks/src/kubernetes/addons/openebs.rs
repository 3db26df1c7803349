//! `openebs`: volumes on the disks of nodes.

use super::values::overlay;
use crate::kubernetes::{cluster::admin_conf, helm::Release};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Installs OpenEBS from its Helm chart, for volumes in a directory of each node.
///
/// Engines that are not asked for are left out: the chart would install all of them, and a store for their logs.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Openebs {
    /// The chart's version, such as `4.6.1`.
    version: Option<String>,
    /// The chart: a name in `repo`, `oci://...`, or an archive on the host.
    #[serde(default = "chart")]
    chart: String,
    /// The chart's repository; nothing for an archive or `oci://`.
    repo: Option<String>,
    /// Its namespace.
    #[serde(default = "chart")]
    namespace: String,
    /// The directory of the nodes that holds the volumes.
    #[serde(default = "base_path")]
    base_path: String,
    /// The name of the storage class for it.
    #[serde(default = "storage_class")]
    storage_class: String,
    /// Whether claims that name no class get that one. Default true.
    #[serde(default = "yes")]
    default_class: bool,
    /// Whether volumes in ZFS pools are served too.
    #[serde(default)]
    zfs: bool,
    /// Whether volumes in LVM groups are served too.
    #[serde(default)]
    lvm: bool,
    /// Whether replicated volumes are served too, which needs huge pages and three nodes.
    #[serde(default)]
    mayastor: bool,
    /// Values of the chart over these.
    values: Option<Json>,
    /// Whether to wait until it runs. Default true.
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

fn chart() -> String {
    "openebs".into()
}

fn base_path() -> String {
    "/var/openebs/local".into()
}

fn storage_class() -> String {
    "openebs-hostpath".into()
}

fn yes() -> bool {
    true
}

fn ten_minutes() -> u64 {
    600
}

impl Openebs {
    fn values(&self) -> Json {
        let mut values = json!({
            "engines": {
                "local": {"lvm": {"enabled": self.lvm}, "zfs": {"enabled": self.zfs}, "rawfile": {"enabled": false}},
                "replicated": {"mayastor": {"enabled": self.mayastor}},
            },
            "localpv-provisioner": {
                "localpv": {"basePath": self.base_path},
                "hostpathClass": {
                    "enabled": true,
                    "name": self.storage_class,
                    "isDefaultClass": self.default_class,
                    "basePath": self.base_path,
                },
            },
            "loki": {"enabled": false},
            "alloy": {"enabled": false},
        });
        overlay(&mut values, self.values.as_ref());
        values
    }
}

impl Task for Openebs {
    const NAME: &'static str = "openebs";

    fn validate(&self) -> Result<()> {
        if !self.base_path.starts_with('/') {
            return Err(Error::arguments("`base_path` is an absolute path"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let repo = self.repo.clone();
        let release = Release {
            repo: repo.or_else(|| {
                (self.chart == chart()).then(|| "https://openebs.github.io/openebs".into())
            }),
            version: self.version.clone(),
            values: self.values(),
            wait: self.wait,
            timeout: self.timeout,
            ..Release::of("openebs", &self.namespace, &self.chart, &self.kubeconfig)
        };
        release.plan(host, &mut plan).await?;
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Volumes in a directory of each node, as the default class",
                yaml: "openebs:\n  version: 4.6.1\n  base_path: /var/openebs/local\nrun_once: true\n",
            },
            Example {
                title: "ZFS too, from an archive on the host",
                yaml: "openebs:\n  chart: /var/cache/charts/openebs-4.6.1.tgz\n  zfs: true\n  default_class: false\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("status", "The release, as `helm_release` returns it.")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kubernetes::cluster::yaml,
        testing::{arguments, refusal},
    };
    use k8sbm_core::node::from_node;

    #[test]
    fn only_what_is_asked_for_is_installed() {
        let openebs: Openebs = from_node(&arguments(
            "{version: 4.6.1, zfs: true, values: {preUpgradeHook: {enabled: false}}}",
        ))
        .unwrap();
        insta::assert_snapshot!(yaml(&openebs.values()), @r"
        engines:
          local:
            lvm:
              enabled: false
            zfs:
              enabled: true
            rawfile:
              enabled: false
          replicated:
            mayastor:
              enabled: false
        localpv-provisioner:
          localpv:
            basePath: /var/openebs/local
          hostpathClass:
            enabled: true
            name: openebs-hostpath
            isDefaultClass: true
            basePath: /var/openebs/local
        loki:
          enabled: false
        alloy:
          enabled: false
        preUpgradeHook:
          enabled: false
        ");
    }

    #[test]
    fn the_directory_is_absolute() {
        assert_eq!(
            refusal("openebs", "{base_path: var}").message,
            "`base_path` is an absolute path"
        );
    }
}

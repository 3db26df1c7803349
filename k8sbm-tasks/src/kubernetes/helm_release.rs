//! `helm_release`: a chart, installed.

use super::{
    cluster::admin_conf,
    helm::{Crds, Release},
};
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Installs a Helm chart, or upgrades it where chart, version or values differ.
///
/// Runs `helm` on a host of the control plane. Before it upgrades, it looks: a release whose description carries the
/// digest of the same chart and values, and that is deployed, is left alone; one that somebody else installed is
/// compared by chart, version and values. A release that an interrupted upgrade left pending is recovered.
/// Without `version`, any version of the chart that is installed will do.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HelmRelease {
    /// The release's name.
    #[serde(alias = "release_name")]
    #[schemars(extend("aliases" = ["release_name"]))]
    name: String,
    /// The chart: `repository/chart`, `oci://...`, an archive or directory on the host, or a name with `chart_repo_url`.
    #[serde(alias = "chart_ref")]
    #[schemars(extend("aliases" = ["chart_ref"]))]
    chart: Option<String>,
    /// The URL of the chart's repository, which then needs not be known to the host.
    #[serde(alias = "repo")]
    #[schemars(extend("aliases" = ["repo"]))]
    chart_repo_url: Option<String>,
    /// The chart's version.
    #[serde(alias = "chart_version")]
    #[schemars(extend("aliases" = ["chart_version"]))]
    version: Option<String>,
    /// Values instead of the chart's own.
    #[serde(default, alias = "release_values")]
    #[schemars(extend("aliases" = ["release_values"]))]
    values: Option<Json>,
    /// Files with values on the host; later ones win, and `values` wins over all.
    #[serde(default)]
    values_files: Vec<String>,
    /// The release's namespace.
    #[serde(default = "default_namespace", alias = "release_namespace")]
    #[schemars(extend("aliases" = ["release_namespace"]))]
    namespace: String,
    /// Whether the namespace is made where it is missing.
    #[serde(default)]
    create_namespace: bool,
    /// What is done with the chart's definitions of kinds: `install` where they are missing, as Helm does; `skip`; or
    /// `apply_first`, which brings them to the chart's state before each upgrade.
    #[serde(default)]
    crds: Crds,
    /// Whether to wait until all is ready.
    #[serde(default)]
    wait: bool,
    /// Seconds that an upgrade may take.
    #[serde(default = "ten_minutes", alias = "wait_timeout")]
    #[schemars(extend("aliases" = ["wait_timeout"]))]
    timeout: u64,
    /// Whether a failed upgrade is undone.
    #[serde(default, alias = "rollback_on_failure")]
    #[schemars(extend("aliases" = ["rollback_on_failure"]))]
    atomic: bool,
    /// Whether objects that are there already, and are no release's, are taken over.
    #[serde(default)]
    take_ownership: bool,
    /// Whether the release shall be there.
    #[serde(default, alias = "release_state")]
    #[schemars(extend("aliases" = ["release_state"]))]
    state: State,
    /// Whether the host's helm first asks its repositories what charts they have.
    #[serde(default)]
    update_repo_cache: bool,
    /// The program. Default `helm`.
    #[serde(default = "helm")]
    binary_path: String,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf", alias = "kubeconfig_path")]
    #[schemars(extend("aliases" = ["kubeconfig_path"]))]
    kubeconfig: String,
}

/// Whether a release shall be there.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is there.
    #[default]
    Present,
    /// It is not there.
    Absent,
}

fn default_namespace() -> String {
    "default".into()
}

fn helm() -> String {
    "helm".into()
}

fn ten_minutes() -> u64 {
    600
}

impl Task for HelmRelease {
    const NAME: &'static str = "helm_release";

    fn validate(&self) -> Result<()> {
        if self.state == State::Present && self.chart.is_none() {
            return Err(Error::arguments("`chart` is needed"));
        }
        let name_like = |letter: u8| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-.".contains(&letter)
        };
        if self.name.is_empty() || self.name.len() > 53 || !self.name.bytes().all(name_like) {
            return Err(
                Error::arguments(format!("`{}` is no name of a release", self.name))
                    .hint("lower-case letters, digits, `-` and `.`, at most 53"),
            );
        }
        match &self.values {
            None | Some(Json::Object(_) | Json::Null) => Ok(()),
            Some(_) => Err(Error::arguments("`values` is a mapping")),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let chart = self.chart.clone().unwrap_or_default();
        if self.update_repo_cache {
            let command = Command::new([&*self.binary_path, "repo", "update"]);
            plan.observe(
                "ask the repositories for their charts",
                async move |host: Host| {
                    host.check(command).await?;
                    Ok(Returns::new())
                },
            );
        }
        let release = Release {
            create_namespace: self.create_namespace,
            repo: self.chart_repo_url.clone(),
            version: self.version.clone(),
            values: self
                .values
                .clone()
                .filter(Json::is_object)
                .unwrap_or_else(|| json!({})),
            values_files: self.values_files.clone(),
            crds: self.crds,
            wait: self.wait,
            timeout: self.timeout,
            atomic: self.atomic,
            take_ownership: self.take_ownership,
            program: self.binary_path.clone(),
            ..Release::of(&self.name, &self.namespace, &chart, &self.kubeconfig)
        };
        match self.state {
            State::Present => release.plan(host, &mut plan).await?,
            State::Absent => release.plan_absent(host, &mut plan).await?,
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Cilium from its repository, at a version",
                yaml: "kubernetes.core.helm:\n  release_name: cilium\n  chart_ref: cilium\n  chart_repo_url: https://helm.cilium.io\n  chart_version: 1.20.1\n  release_namespace: kube-system\n  values:\n    kubeProxyReplacement: true\n    k8sServiceHost: 192.168.1.100\n    k8sServicePort: 6443\n    ipam: {mode: kubernetes}\n  wait: true\n",
            },
            Example {
                title: "cert-manager from an OCI registry, with its kinds kept up to date",
                yaml: "helm_release:\n  name: cert-manager\n  chart: oci://quay.io/jetstack/charts/cert-manager\n  version: v1.21.1\n  namespace: cert-manager\n  create_namespace: true\n  crds: apply_first\n  wait: true\n  timeout: 300\n",
            },
            Example {
                title: "An archive that is on the host",
                yaml: "- get_url:\n    url: https://mirror.example.org/charts/metallb-0.16.1.tgz\n    dest: /var/cache/charts/\n- helm_release:\n    name: metallb\n    chart: /var/cache/charts/metallb-0.16.1.tgz\n    namespace: metallb-system\n",
            },
            Example {
                title: "No such release any more",
                yaml: "helm_release:\n  name: grafana\n  namespace: monitoring\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "status",
            "The release: `name`, `namespace`, `status`, `revision`, `chart` with its version, and `app_version`.",
        )]
    }
}

#[cfg(test)]
mod tests;

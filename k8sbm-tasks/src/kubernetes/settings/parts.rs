//! The parts of a cluster beside Kubernetes: that they are known, go together, and are locked.

use super::reading::Reading;
use k8sbm_core::vars::Said;

/// The network plugins that there are roles for.
const PLUGINS: [&str; 5] = ["bridge", "calico", "cilium", "flannel", "none"];

/// What serves volumes.
const STORAGE: [&str; 5] = [
    "local_path",
    "nfs_csi",
    "openebs_hostpath",
    "rook_cephfs",
    "zfs_localpv",
];

/// What runs on top of Kubernetes.
const COMPONENTS: [&str; 13] = [
    "airflow",
    "argocd",
    "cert_manager",
    "eck",
    "envoy_gateway",
    "harbor",
    "ingress_nginx",
    "loki",
    "monitoring",
    "redis",
    "spark",
    "vault",
    "velero",
];

/// What keeps strangers out of the hosts.
const FIREWALLS: [&str; 3] = ["none", "ufw", "firewalld"];

/// How secrets are encrypted in etcd.
const ENCRYPTIONS: [&str; 4] = ["none", "secretbox", "aescbc", "aesgcm"];

/// What a part needs of the inventory: one of some variables, or an artefact.
enum Need {
    Variables(&'static [&'static str]),
    Artefact(&'static str),
}

/// What each part needs.
const NEEDS: &[(&str, Need)] = &[
    ("calico", Need::Artefact("helm")),
    ("calico", Need::Artefact("calico-chart")),
    ("cilium", Need::Artefact("helm")),
    ("cilium", Need::Artefact("cilium-chart")),
    (
        "flannel",
        Need::Variables(&["flannel_version", "flannel_image"]),
    ),
    (
        "kube_vip",
        Need::Variables(&["kube_vip_version", "kube_vip_image"]),
    ),
    (
        "local_path",
        Need::Variables(&["local_path_version", "local_path_image"]),
    ),
    ("openebs_hostpath", Need::Artefact("helm")),
    ("openebs_hostpath", Need::Artefact("openebs-chart")),
    ("metallb", Need::Artefact("helm")),
    ("metallb", Need::Artefact("metallb-chart")),
    ("cert_manager", Need::Artefact("cert-manager-chart")),
    ("envoy_gateway", Need::Artefact("envoy-gateway-chart")),
    ("ingress_nginx", Need::Artefact("ingress-nginx-chart")),
    ("monitoring", Need::Artefact("monitoring-chart")),
    ("airflow", Need::Artefact("airflow-chart")),
    ("argocd", Need::Artefact("argocd-chart")),
    ("eck", Need::Artefact("eck-operator-chart")),
    ("harbor", Need::Artefact("harbor-chart")),
    ("loki", Need::Artefact("loki-chart")),
    ("spark", Need::Artefact("spark-operator-chart")),
    ("vault", Need::Artefact("vault-chart")),
    ("velero", Need::Artefact("velero-chart")),
    ("nfs_csi", Need::Artefact("nfs-csi-chart")),
    ("rook_cephfs", Need::Artefact("rook-ceph-chart")),
    ("rook_cephfs", Need::Artefact("rook-ceph-cluster-chart")),
    ("zfs_localpv", Need::Artefact("openebs-chart")),
    ("nfs_csi", Need::Artefact("helm")),
    ("rook_cephfs", Need::Artefact("helm")),
    ("zfs_localpv", Need::Artefact("helm")),
    (
        "loki",
        Need::Variables(&["alloy_version", "loki_collector_image"]),
    ),
    (
        "velero",
        Need::Variables(&["velero_plugin_version", "velero_plugin_image"]),
    ),
    ("eck", Need::Variables(&["elastic_version", "eck_version"])),
];

/// Parts that are known, go together, and are locked.
pub(super) fn check(reading: &mut Reading<'_>) {
    let plugin = reading.required(
        "network_plugin",
        "`calico`, `cilium`, `flannel`, `bridge` or `none`",
    );
    let plugin =
        plugin.and_then(|said| Some((reading.choice(&said, "network_plugin", &PLUGINS)?, said)));
    if let Some(said) = reading.said("encryption_at_rest") {
        reading.choice(&said, "encryption_at_rest", &ENCRYPTIONS);
    }
    let firewall = reading.said("firewall").and_then(|said| {
        let kind = reading.choice(&said, "firewall", &FIREWALLS)?;
        (kind != "none").then_some(said)
    });
    if let Some((plugin, said)) = &plugin {
        if let (Some(firewall), "calico") = (firewall, &**plugin) {
            reading.wrong(
                &firewall.span,
                "Calico writes rules of its own, and another firewall on the hosts breaks them",
                "set `firewall: none`, and keep strangers out by Calico's policies for hosts",
            );
        }
        needs(reading, plugin, said);
    }
    if let Some(said) = reading.said("api_load_balancer") {
        needs(reading, &said.text(), &said);
    }
    each(reading, "storage", &STORAGE);
    each(reading, "components", &COMPONENTS);
    if let Some(said) = reading.said("service_addresses")
        && said.value.len().is_some_and(|count| count > 0)
    {
        needs(reading, "metallb", &said);
    }
}

/// Each item of a list of parts, by the list's variable.
fn each(reading: &mut Reading<'_>, name: &str, known: &[&str]) {
    let Some(said) = reading.said(name) else {
        return;
    };
    let (false, Ok(items)) = (said.value.as_str().is_some(), said.value.try_iter()) else {
        return reading.wrong(
            &said.span,
            format!("`{name}` is a list"),
            format!("such as `[{}]`", known[0]),
        );
    };
    for item in items {
        let one = Said {
            value: item,
            span: said.span.clone(),
        };
        if let Some(part) = reading.choice(&one, name, known) {
            needs(reading, &part, &said);
        }
    }
}

/// Looks for what a part needs; the place is where the part was asked for.
fn needs(reading: &mut Reading<'_>, part: &str, said: &Said) {
    for (_, need) in NEEDS.iter().filter(|(name, _)| *name == part) {
        match need {
            Need::Variables(names) => {
                if names.iter().all(|name| reading.said(name).is_none()) {
                    reading.wrong(
                        &said.span,
                        format!("`{part}` is asked for, and `{}` is missing", names[0]),
                        format!("lock its version, or name its image: `{}`", names[1]),
                    );
                }
            }
            Need::Artefact(name) => {
                let locked = reading.said("artifacts").is_some_and(|artifacts| {
                    let found = artifacts.value.get_attr(name);
                    found.is_ok_and(|it| !it.is_undefined())
                });
                if !locked {
                    reading.wrong(
                        &said.span,
                        format!("`{part}` is asked for, and the artefact `{name}` is missing"),
                        "add it to `artifacts` in the inventory's lock",
                    );
                }
            }
        }
    }
}

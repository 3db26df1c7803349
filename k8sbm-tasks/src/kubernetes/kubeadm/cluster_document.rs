//! What all nodes share: `ClusterConfiguration`, and the settings of kubelets and kube-proxy.

use super::{
    ExtraArgs,
    document::{Documents, merge, put, unless_empty},
    fields::{CLUSTER, KUBE_PROXY, KUBELET},
};
use crate::kubernetes::version::{KubeadmApi, Version};
use k8sbm_core::task::{Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::{collections::BTreeMap, net::IpAddr};

/// Where etcd is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Etcd {
    /// Endpoints of an etcd of one's own, such as `https://10.0.0.1:2379`; without them kubeadm runs etcd on each
    /// host of the control plane.
    #[serde(default)]
    endpoints: Vec<String>,
    /// The certificate of that etcd's authority, on the host.
    ca_file: Option<String>,
    /// The certificate to show to that etcd, on the host.
    cert_file: Option<String>,
    /// The key of that certificate, on the host.
    key_file: Option<String>,
    /// Where kubeadm's etcd keeps its data. Default `/var/lib/etcd`.
    data_dir: Option<String>,
    /// Arguments for kubeadm's etcd, by name.
    #[serde(default)]
    extra_args: ExtraArgs,
}

/// What all nodes share.
#[derive(Debug)]
pub(crate) struct Cluster<'a> {
    pub version: &'a Version,
    pub name: Option<&'a str>,
    pub endpoint: Option<&'a str>,
    pub pod_cidr: Option<&'a str>,
    pub service_cidr: Option<&'a str>,
    pub dns_domain: Option<&'a str>,
    pub image_repository: Option<&'a str>,
    pub cert_sans: &'a [String],
    pub feature_gates: &'a BTreeMap<String, bool>,
    pub apiserver: &'a ExtraArgs,
    pub controller_manager: &'a ExtraArgs,
    pub scheduler: &'a ExtraArgs,
    pub etcd: &'a Etcd,
    pub encryption_config: Option<&'a str>,
    pub audit_policy: Option<&'a str>,
    pub audit_log: &'a str,
    pub proxy_disabled: bool,
    pub kubelet: &'a Map<String, Json>,
    pub kube_proxy: &'a Map<String, Json>,
    pub more: &'a Map<String, Json>,
}

impl Cluster<'_> {
    /// Adds the three documents; without kube-proxy, two.
    pub(crate) fn add(&self, documents: &mut Documents) -> Result<()> {
        let api = self.version.behaviour()?.kubeadm;
        let mut cluster = Json::Object(self.cluster(api)?);
        merge(&mut cluster, &Json::Object(self.more.clone()));
        documents.add(api.name(), &CLUSTER, cluster, self.version, "cluster")?;
        let mut kubelet = json!({"cgroupDriver": "systemd"});
        merge(&mut kubelet, &Json::Object(self.kubelet.clone()));
        documents.add(
            "kubelet.config.k8s.io/v1beta1",
            &KUBELET,
            kubelet,
            self.version,
            "kubelet",
        )?;
        if self.proxy_disabled {
            return Ok(());
        }
        // Said always, since the default is going to change.
        let mut proxy = json!({"mode": "iptables"});
        merge(&mut proxy, &Json::Object(self.kube_proxy.clone()));
        documents.add(
            "kubeproxy.config.k8s.io/v1alpha1",
            &KUBE_PROXY,
            proxy,
            self.version,
            "kube_proxy",
        )
    }

    fn cluster(&self, api: KubeadmApi) -> Result<Map<String, Json>> {
        let mut map = Map::new();
        put(&mut map, "clusterName", self.name);
        map.insert("kubernetesVersion".into(), self.version.to_string().into());
        put(&mut map, "controlPlaneEndpoint", self.endpoint);
        put(&mut map, "networking", self.networking()?);
        put(&mut map, "imageRepository", self.image_repository);
        put(&mut map, "apiServer", self.api_server(api)?);
        let component = |args: &ExtraArgs, argument: &str| -> Result<Option<Json>> {
            let args = args.written(api, argument)?;
            Ok(args.map(|args| json!({ "extraArgs": args })))
        };
        let manager = component(self.controller_manager, "controller_manager_extra_args")?;
        put(&mut map, "controllerManager", manager);
        put(
            &mut map,
            "scheduler",
            component(self.scheduler, "scheduler_extra_args")?,
        );
        put(&mut map, "etcd", self.etcd(api)?);
        if !self.feature_gates.is_empty() {
            map.insert("featureGates".into(), json!(self.feature_gates));
        }
        if self.proxy_disabled && api == KubeadmApi::V1Beta4 {
            map.insert("proxy".into(), json!({"disabled": true}));
        }
        Ok(map)
    }

    fn networking(&self) -> Result<Option<Json>> {
        let mut map = Map::new();
        put(&mut map, "podSubnet", cidr("pod_cidr", self.pod_cidr)?);
        put(
            &mut map,
            "serviceSubnet",
            cidr("service_cidr", self.service_cidr)?,
        );
        put(&mut map, "dnsDomain", self.dns_domain);
        Ok(unless_empty(map))
    }

    fn api_server(&self, api: KubeadmApi) -> Result<Option<Json>> {
        let mut args = self.apiserver.clone();
        let mut volumes = Vec::new();
        if let Some(file) = self.encryption_config {
            args.default_to("encryption-provider-config", file);
            volumes.push(file_volume("encryption-config", file));
        }
        if let Some(policy) = self.audit_policy {
            let log = self.audit_log;
            args.default_to("audit-policy-file", policy);
            args.default_to("audit-log-path", log);
            args.default_to("audit-log-maxage", "30");
            args.default_to("audit-log-maxbackup", "10");
            args.default_to("audit-log-maxsize", "100");
            volumes.push(file_volume("audit-policy", policy));
            let directory = log
                .rsplit_once('/')
                .map_or("/var/log", |(directory, _)| directory);
            volumes.push(json!({
                "name": "audit-log", "hostPath": directory, "mountPath": directory,
                "pathType": "DirectoryOrCreate",
            }));
        }
        let mut map = Map::new();
        if !self.cert_sans.is_empty() {
            map.insert("certSANs".into(), self.cert_sans.into());
        }
        put(
            &mut map,
            "extraArgs",
            args.written(api, "apiserver_extra_args")?,
        );
        put(
            &mut map,
            "extraVolumes",
            (!volumes.is_empty()).then_some(volumes),
        );
        Ok(unless_empty(map))
    }

    fn etcd(&self, api: KubeadmApi) -> Result<Option<Json>> {
        let etcd = self.etcd;
        let mut map = Map::new();
        if etcd.endpoints.is_empty() {
            let args = etcd.extra_args.written(api, "etcd")?;
            if args.is_none() && etcd.data_dir.is_none() {
                return Ok(None);
            }
            // kubeadm wants to be told where, once anything is said of it.
            let data = etcd.data_dir.as_deref().unwrap_or("/var/lib/etcd");
            map.insert("dataDir".into(), data.into());
            put(&mut map, "extraArgs", args);
            return Ok(Some(json!({ "local": map })));
        }
        if etcd.data_dir.is_some() || etcd.extra_args.written(api, "etcd")?.is_some() {
            return Err(
                Error::arguments("`endpoints` are of an etcd that kubeadm does not run")
                    .hint("set its data directory and arguments where it runs")
                    .about(["etcd", "endpoints"]),
            );
        }
        map.insert("endpoints".into(), etcd.endpoints.clone().into());
        let files = [
            ("caFile", "ca_file", &etcd.ca_file),
            ("certFile", "cert_file", &etcd.cert_file),
            ("keyFile", "key_file", &etcd.key_file),
        ];
        let plain = etcd.endpoints.iter().all(|it| it.starts_with("http://"));
        for (field, argument, value) in files {
            if value.is_none() && !plain {
                return Err(Error::arguments(format!("`etcd` lacks `{argument}`"))
                    .hint("an etcd of one's own is reached with its certificates")
                    .about(["etcd", argument]));
            }
            map.insert(field.into(), value.clone().unwrap_or_default().into());
        }
        Ok(Some(json!({ "external": map })))
    }
}

/// A file that the API server reads.
fn file_volume(name: &str, path: &str) -> Json {
    json!({
        "name": name, "hostPath": path, "mountPath": path,
        "readOnly": true, "pathType": "File",
    })
}

/// One network, or two of both families.
fn cidr(argument: &str, text: Option<&str>) -> Result<Option<String>> {
    for part in text.into_iter().flat_map(|text| text.split(',')) {
        let parts = part.split_once('/');
        let good = parts.is_some_and(|(address, prefix)| {
            let longest = match address.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => 32,
                Ok(IpAddr::V6(_)) => 128,
                Err(_) => return false,
            };
            prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest)
        });
        if !good {
            return Err(Error::arguments(format!("`{part}` is no network"))
                .hint("such as `10.244.0.0/16`")
                .about([argument]));
        }
    }
    Ok(text.map(str::to_owned))
}

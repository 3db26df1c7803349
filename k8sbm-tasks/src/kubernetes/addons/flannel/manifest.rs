//! Flannel's manifest from its arguments.

use super::{Backend, Flannel};
use k8sbm_core::task::Result;
use serde_json::{Value as Json, json};

/// What its ConfigMap is called.
pub(super) const CONFIG: &str = "kube-flannel-cfg";

impl Flannel {
    /// The objects that Flannel consists of.
    pub(super) fn manifest(&self) -> Result<Vec<Json>> {
        let namespace = &self.namespace;
        let labels = json!({"app": "flannel", "tier": "node", "k8s-app": "flannel"});
        let config = json!({
            "cni-conf.json": pretty(&cni_conf()),
            "net-conf.json": pretty(&self.net_conf()),
        });
        let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(config.to_string()));
        Ok(vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {
                "k8s-app": "flannel", "pod-security.kubernetes.io/enforce": "privileged"}}}),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "flannel", "namespace": namespace, "labels": {"k8s-app": "flannel"}}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "flannel", "labels": {"k8s-app": "flannel"}}, "rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
                {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
                {"apiGroups": [""], "resources": ["nodes/status"], "verbs": ["patch"]},
            ]}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "flannel", "labels": {"k8s-app": "flannel"}},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "flannel"},
                "subjects": [{"kind": "ServiceAccount", "name": "flannel", "namespace": namespace}]}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG, "namespace": namespace, "labels": labels}, "data": config}),
            json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "kube-flannel-ds", "namespace": namespace, "labels": labels},
                "spec": {"selector": {"matchLabels": {"app": "flannel"}}, "template": {
                    // Pods read the configuration when they start: another one rolls them.
                    "metadata": {"labels": {"app": "flannel", "tier": "node"}, "annotations": {"k8sbm.io/config": &digest[..16]}},
                    "spec": self.pod()?}}}),
        ])
    }

    fn net_conf(&self) -> Json {
        let mut backend = json!({"Type": self.backend.word()});
        if self.direct_routing {
            backend["DirectRouting"] = true.into();
        }
        if let Some(port) = self.port {
            backend["Port"] = port.into();
        }
        if let Some(mtu) = self.mtu.filter(|_| self.backend != Backend::HostGw) {
            backend["MTU"] = mtu.into();
        }
        let network = if self.pod_cidr.contains(':') {
            "IPv6Network"
        } else {
            "Network"
        };
        let mut conf = json!({network: self.pod_cidr, "Backend": backend});
        if network == "IPv6Network" {
            conf["EnableIPv6"] = true.into();
            conf["EnableIPv4"] = false.into();
        }
        conf
    }

    fn pod(&self) -> Result<Json> {
        let (image, plugin) = self.images()?;
        let mut args = vec!["--ip-masq".to_owned(), "--kube-subnet-mgr".to_owned()];
        args.extend(self.interface.iter().map(|it| format!("--iface={it}")));
        args.extend(
            self.interface_regex
                .iter()
                .map(|it| format!("--iface-regex={it}")),
        );
        let field = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
        let copies = |name: &str, image: &str, from: &str, to: &str, mounts: Json| json!({"name": name, "image": image, "command": ["cp"], "args": ["-f", from, to], "volumeMounts": mounts});
        Ok(json!({
            "hostNetwork": true,
            "priorityClassName": "system-node-critical",
            "serviceAccountName": "flannel",
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}}},
            "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
            "initContainers": [
                copies("install-cni-plugin", &plugin, "/flannel", "/opt/cni/bin/flannel", json!([{"name": "cni-plugin", "mountPath": "/opt/cni/bin"}])),
                copies("install-cni", &image, "/etc/kube-flannel/cni-conf.json", "/etc/cni/net.d/10-flannel.conflist",
                    json!([{"name": "cni", "mountPath": "/etc/cni/net.d"}, {"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"}])),
            ],
            "containers": [{
                "name": "kube-flannel",
                "image": image,
                "command": ["/opt/bin/flanneld"],
                "args": args,
                "resources": {"requests": {"cpu": "100m", "memory": "50Mi"}},
                "securityContext": {"privileged": false, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
                "env": [
                    field("POD_NAME", "metadata.name"),
                    field("POD_NAMESPACE", "metadata.namespace"),
                    {"name": "EVENT_QUEUE_DEPTH", "value": "5000"},
                ],
                "volumeMounts": [
                    {"name": "run", "mountPath": "/run/flannel"},
                    {"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"},
                    {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
                ],
            }],
            "volumes": [
                {"name": "run", "hostPath": {"path": "/run/flannel"}},
                {"name": "cni-plugin", "hostPath": {"path": self.cni_bin_dir}},
                {"name": "cni", "hostPath": {"path": self.cni_conf_dir}},
                {"name": "flannel-cfg", "configMap": {"name": CONFIG}},
                {"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
            ],
        }))
    }
}

fn cni_conf() -> Json {
    json!({"name": "cbr0", "cniVersion": "0.3.1", "plugins": [
        {"type": "flannel", "delegate": {"hairpinMode": true, "isDefaultGateway": true}},
        {"type": "portmap", "capabilities": {"portMappings": true}},
    ]})
}

fn pretty(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

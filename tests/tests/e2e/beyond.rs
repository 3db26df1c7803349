//! What runs beside Kubernetes itself, as far as its images and charts are there: volumes, and addresses for services.

use crate::cluster::{Cluster, took};
use serde_json::{Map, Value as Json, json};
use std::{
    io::{self, Write as _},
    process::Command,
    time::{Duration, Instant},
};

/// What an inventory asks for so that the roles deploy it; what it needs of a lock stands before it.
fn asked(network: &str) -> [(&'static str, &'static [&'static str], Json); 2] {
    [
        (
            "volumes in folders of nodes",
            &["local-path-provisioner-image", "busybox-image"],
            json!({"storage": ["local_path"]}),
        ),
        (
            "addresses for services",
            &[
                "helm",
                "metallb-chart",
                "metallb-controller-image",
                "metallb-speaker-image",
            ],
            json!({"service_addresses": [format!("{network}.200-{network}.209")]}),
        ),
    ]
}

/// The variables of a cluster, and those of what else can run on it. What cannot is said.
pub fn with(mut all: Json, network: &str) -> Json {
    let mut more = Map::new();
    for (what, needs, variables) in asked(network) {
        let lacks: Vec<&str> = needs
            .iter()
            .filter(|name| all["artifacts"].get(**name).is_none())
            .copied()
            .collect();
        if lacks.is_empty() {
            more.extend(variables.as_object().cloned().unwrap_or_default());
        } else {
            let lacks = lacks.join(", ");
            let _ = writeln!(io::stderr(), "LEFT OUT: {what}, without {lacks}");
        }
    }
    if let Json::Object(all) = &mut all {
        all.extend(more);
    }
    all
}

/// A service's address is one that this machine reaches too, which is no node, and another node takes it over.
pub fn moves(lab: &Cluster, leader: &str) {
    if lab.variables()["service_addresses"].is_null() {
        return;
    }
    let start = Instant::now();
    let image = lab.variables()["artifacts"]["busybox-image"]["image"].clone();
    let labels = json!({"app": "seen"});
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "seen"},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "terminationGracePeriodSeconds": 0, "tolerations": [{"operator": "Exists"}],
                "containers": [{"name": "seen", "image": image, "readinessProbe": {"tcpSocket": {"port": 8080}},
                    "command": ["sh", "-c", "mkdir /www; echo seen >/www/index.html; exec httpd -f -p 8080 -h /www"]}]}}}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "seen"},
            "spec": {"type": "LoadBalancer", "selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}},
    ]});
    let apply = "kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f -";
    lab.fleet
        .exec(lab.own(leader), &format!("{apply} <<'END'\n{objects}\nEND"));
    lab.kubectl(leader, "rollout status daemonset/seen --timeout=180s");
    lab.kubectl(
        leader,
        "wait service/seen --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' --timeout=60s",
    );
    let words = "get service seen -o jsonpath='{.status.loadBalancer.ingress[0].ip}'";
    let address = lab.kubectl(leader, words).trim().to_owned();
    let until_it_answers = || {
        let since = Instant::now();
        let url = format!("http://{address}/");
        let ask = || {
            let words = ["--silent", "--max-time", "2", &*url];
            Command::new("curl").args(words).output()
        };
        while ask().expect("there is a curl").stdout != b"seen\n" {
            let waited = since.elapsed();
            assert!(waited < Duration::from_secs(120), "{address} is silent");
            std::thread::sleep(Duration::from_millis(200));
        }
        since.elapsed()
    };
    until_it_answers();
    let holder = || {
        let words = "get servicel2status -A -o jsonpath='{.items[*].status.node}'";
        lab.kubectl(leader, &format!("-n metallb-system {words}"))
    };
    let before = holder().trim().to_owned();
    lab.fleet.kill(lab.own(&before));
    let silent = until_it_answers();
    took("a service's address moved to another node", start);
    let _ = writeln!(io::stderr(), "{address} answers again after {silent:.1?}");
    lab.fleet.start(lab.own(&before));
    let words = format!("wait node/{before} --for=condition=Ready --timeout=300s");
    lab.kubectl(leader, &words);
    lab.kubectl(leader, "rollout status daemonset/seen --timeout=300s");
    lab.kubectl(leader, "delete service/seen daemonset/seen");
    lab.verifies("a node lost and back", start);
}

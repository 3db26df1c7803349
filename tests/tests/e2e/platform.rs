//! What runs on top of Kubernetes: the roles as they are, with charts and images that stand in for the real ones.

use crate::cluster::{Cluster, took};
use serde_json::{Value as Json, json};
use std::{fs, os::unix::fs::symlink, path::Path, process::Command, time::Instant};

/// The charts that stand in, by what a lock calls them.
const CHARTS: [(&str, &str); 3] = [
    ("cert-manager-chart", "cert-manager"),
    ("ingress-nginx-chart", "ingress-nginx"),
    ("vault-chart", "vault"),
];

/// A pair of keys of age: where the private one is, and the public one; nothing where there is no age.
fn keys(folder: &Path) -> Option<(String, String)> {
    let made = Command::new("age-keygen").output().ok()?;
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    let public = text
        .lines()
        .find_map(|it| it.strip_prefix("# public key: "))?;
    let path = folder.join("age.key");
    fs::write(&path, &text).expect("it can be written");
    Some((path.display().to_string(), public.to_owned()))
}

/// The variables of the cluster, and those of what shall run on it.
fn variables(folder: &Path, mut all: Json) -> Option<Json> {
    let (identity, public) = keys(folder)?;
    let from = Path::new(all["artifacts_directory"].as_str()?).to_owned();
    let artefacts = folder.join("artefacts");
    fs::create_dir_all(artefacts.join("charts")).expect("it can be made");
    for name in ["bin", "images"] {
        symlink(from.join(name), artefacts.join(name)).expect("it can be linked");
    }
    from.join("bin/helm").exists().then_some(())?;
    for (name, chart) in CHARTS {
        let file = format!("{chart}.tgz");
        let packed = Command::new("tar")
            .args(["-C", "cases/charts", "-czf"])
            .args([artefacts.join("charts").join(&file), chart.into()])
            .status();
        assert!(packed.expect("there is a tar").success());
        all["artifacts"][name] = json!({"kind": "chart", "version": "0.0.1", "file": file});
    }
    let image = all["artifacts"]["busybox-image"]["image"].clone();
    let values = json!({"image": image});
    let more = json!({
        "artifacts_directory": artefacts,
        "components": ["cert_manager", "ingress_nginx", "vault"],
        "cert_manager_values": values,
        "ingress_nginx_values": values,
        "vault_values": values,
        "vault_recipients": [public],
        "vault_identity": identity,
        "vault_keys_file": folder.join("vault.age"),
        "namespaces": [{"name": "apps", "pod_security": "restricted"}, {"name": "locked", "default_deny": true, "viewers": ["support"], "admins": ["developers"]}],
        "workloads_spread_by": "kubernetes.io/hostname",
        "workloads": [{"name": "app", "namespace": "apps", "image": image, "command": ["httpd", "-f", "-p", "8080"],
            "port": 8080, "replicas": 2, "host": "app.example.com", "security": {"runAsUser": 65534}}],
        "external_services": [{"name": "outside", "namespace": "databases", "port": 22, "addresses": ["{{ node_address }}"]}],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    Some(all)
}

/// What runs on top comes up in its order, and stays as it is; Vault is opened again when a server was lost.
pub fn comes_up(lab: &Cluster, leader: &str) {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let Some(variables) = variables(folder.path(), lab.variables()) else {
        return k8sbm_tests::fleet::skip(
            &"the platform needs age here, and helm among the artefacts",
        );
    };
    let start = Instant::now();
    let path = folder.path().join("platform.json");
    fs::write(&path, variables.to_string()).expect("it can be written");
    let flags = ["-e", &format!("@{}", path.display())];
    lab.run("platform", &flags);
    assert_eq!(lab.run("platform", &flags).ended("changed").count(), 0);
    let said = lab.kubectl(leader, "-n vault exec vault-0 -- cat /tmp/vault/asked");
    assert!(said.contains("root-token auth enable kubernetes"), "{said}");
    let kept = fs::read_to_string(folder.path().join("vault.age")).expect("the shares are kept");
    assert!(
        kept.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"),
        "{kept}"
    );
    let left = lab
        .fleet
        .exec(lab.own(leader), "ls /etc/kubernetes/platform");
    assert!(!left.contains("vault"), "{left}");

    let may = |verb: &str, group: &str| {
        let words =
            format!("auth can-i {verb} pods -n locked --as=somebody --as-group={group} || true");
        lab.kubectl(leader, &words).trim().to_owned()
    };
    assert_eq!(may("get", "support"), "yes");
    assert_eq!(may("delete", "support"), "no");
    assert_eq!(may("delete", "developers"), "yes");
    let words = "-n apps get pods -l app=app -o jsonpath='{.items[*].spec.nodeName}'";
    let nodes = lab.kubectl(leader, words);
    let mut nodes: Vec<&str> = nodes.split_whitespace().collect();
    nodes.dedup();
    assert_eq!(nodes.len(), 2, "both pods are on {nodes:?}");
    let words =
        "-n apps exec deploy/app -- sh -c 'nc -w 5 outside.databases 22 </dev/null | head -c 3'";
    assert_eq!(lab.kubectl(leader, words).trim(), "SSH");

    lab.kubectl(leader, "-n vault delete pod vault-1 --wait=true");
    lab.kubectl(
        leader,
        "-n vault wait pod/vault-1 --for=jsonpath='{.status.phase}'=Running --timeout=180s",
    );
    let opened = lab.run("platform", &flags);
    assert_eq!(opened.ended("changed").count(), 1, "one server is unsealed");
    took("a platform on top, and Vault opened again", start);
}

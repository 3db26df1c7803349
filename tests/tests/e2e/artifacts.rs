//! The artefacts that are there, as an inventory's lock names them.

use serde_json::{Map, Value as Json, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The registries of images that are not Kubernetes' own.
const ELSEWHERE: [(&str, &str); 8] = [
    ("busybox", "docker.io/library/busybox"),
    ("coredns", "registry.k8s.io/coredns/coredns"),
    ("flannel", "docker.io/flannel/flannel"),
    ("flannel-cni-plugin", "docker.io/flannel/flannel-cni-plugin"),
    ("kube-vip", "ghcr.io/kube-vip/kube-vip"),
    (
        "local-path-provisioner",
        "docker.io/rancher/local-path-provisioner",
    ),
    ("metallb-controller", "quay.io/metallb/controller"),
    ("metallb-speaker", "quay.io/metallb/speaker"),
];

/// What Kubernetes itself has no use for, and every host gets.
const ON_ALL: [&str; 6] = [
    "busybox",
    "flannel",
    "flannel-cni-plugin",
    "local-path-provisioner",
    "metallb-controller",
    "metallb-speaker",
];

/// What the hosts of a fleet need differently, and the lock of the artefacts that are there.
pub fn variables(artifacts: &Path, network: &str) -> Json {
    let version = Command::new(artifacts.join("bin/kubeadm"))
        .args(["version", "-o", "short"])
        .output()
        .expect("kubeadm says its version");
    let version = String::from_utf8_lossy(&version.stdout)
        .trim()
        .trim_start_matches('v')
        .to_owned();
    let mut lock = Map::new();
    for entry in fs::read_dir(artifacts.join("bin")).expect("the artefacts have programs") {
        let name = entry.expect("a name").file_name().display().to_string();
        let known = if name.starts_with("kube") {
            json!({"version": version, "file": name})
        } else {
            json!({"file": name})
        };
        lock.insert(name, known);
    }
    let (mut more, mut images, mut pause) = (Vec::new(), Map::new(), String::new());
    for entry in fs::read_dir(artifacts.join("images")).expect("the artefacts have images") {
        let file = entry
            .expect("a name")
            .file_name()
            .to_string_lossy()
            .into_owned();
        let Some((name, tag)) = file
            .strip_suffix(".tar")
            .and_then(|file| file.split_once('_'))
        else {
            continue;
        };
        let elsewhere = ELSEWHERE.iter().find(|(own, _)| *own == name);
        let registry = elsewhere.map_or(format!("registry.k8s.io/{name}"), |(_, registry)| {
            (*registry).to_owned()
        });
        let image = format!("{registry}:{tag}");
        let argument = match name {
            "flannel" => Some("flannel_image"),
            "flannel-cni-plugin" => Some("flannel_cni_plugin_image"),
            "kube-vip" => Some("kube_vip_image"),
            "local-path-provisioner" => Some("local_path_image"),
            _ => None,
        };
        if let Some(argument) = argument {
            images.insert(argument.into(), image.clone().into());
        }
        if name == "pause" {
            pause.clone_from(&image);
        }
        if ON_ALL.contains(&name) {
            more.push(image.clone());
        }
        lock.insert(
            format!("{name}-image"),
            json!({"kind": "image", "image": image, "file": file}),
        );
    }
    for entry in fs::read_dir(artifacts.join("charts")).into_iter().flatten() {
        let file = entry
            .expect("a name")
            .file_name()
            .to_string_lossy()
            .into_owned();
        let stem = file.strip_suffix(".tgz");
        let Some((name, version)) = stem.and_then(|stem| stem.rsplit_once('-')) else {
            continue;
        };
        lock.insert(
            format!("{name}-chart"),
            json!({"kind": "chart", "version": version, "file": file}),
        );
    }
    let mut variables = json!({
        "kubernetes_version": version,
        "artifacts_directory": artifacts,
        "artifacts": lock,
        "kubernetes_images_more": more,
        "hard_way_images": more,
        "containerd_sandbox_image": pause,
        "node_network": format!("{network}.0/24"),
        "api_address": format!("{network}.250"),
        // A fleet's hosts are namespaces: they lack privileges, and see the disk of the machine.
        "containerd_restrict_oom_score": true,
        "kube_proxy_settings": {"conntrack": {"maxPerCore": 0, "min": 0}},
        // Theirs are control groups of version 1, on some machines.
        "kubelet_settings": {
            "failCgroupV1": false,
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        },
        "preflight_space": 2000,
    });
    if let Json::Object(all) = &mut variables {
        all.extend(images);
    }
    variables
}

/// The directory of artefacts, or why there is none.
pub fn artifacts() -> Result<PathBuf, &'static str> {
    let named = std::env::var_os("K8SBM_ARTIFACTS").map(PathBuf::from);
    let there = named.filter(|directory| directory.join("bin/kubeadm").exists());
    there.ok_or("K8SBM_ARTIFACTS names no directory with bin/kubeadm and images/")
}

/// The directories of artefacts of the next releases, one after the other, or why there is none.
pub fn next_artifacts() -> Result<Vec<PathBuf>, &'static str> {
    let named = std::env::var_os("K8SBM_ARTIFACTS_NEXT").unwrap_or_default();
    let next: Vec<_> = std::env::split_paths(&named).collect();
    let there = |directory: &PathBuf| directory.join("bin/kubeadm").exists();
    if next.is_empty() || !next.iter().all(there) {
        return Err("K8SBM_ARTIFACTS_NEXT names no directories with bin/kubeadm and images/");
    }
    Ok(next)
}

//! Bare hosts to a cluster, with real Kubernetes, as a user builds one.
//!
//! `K8SBM_ARTIFACTS` names a directory with `bin/` (kubeadm, kubelet, kubectl, crictl) and `images/`: an archive
//! `NAME_TAG.tar` for each image that kubeadm and Flannel need, and busybox. Without it the test is skipped.

use k8sbm_tests::{
    fleet::{self, Fleet, Options, Suite},
    program::Told,
};
use serde_json::{Map, Value as Json, json};
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// The registries of images that are not Kubernetes' own.
const ELSEWHERE: [(&str, &str); 4] = [
    ("busybox", "docker.io/library/busybox"),
    ("coredns", "registry.k8s.io/coredns/coredns"),
    ("flannel", "docker.io/flannel/flannel"),
    ("flannel-cni-plugin", "docker.io/flannel/flannel-cni-plugin"),
];

struct Cluster {
    fleet: Fleet,
    inventory: &'static str,
    files: tempfile::TempDir,
}

impl Cluster {
    /// Bare hosts for one of the inventories, and what is different on them.
    fn bare(inventory: &'static str, hosts: usize, artifacts: &Path) -> Result<Self, fleet::Skip> {
        let options = Options {
            prefix: inventory.to_owned(),
            suite: Suite::Trixie,
        };
        let fleet = Fleet::acquire(hosts, options)?;
        let files = tempfile::tempdir().expect("a directory can be made");
        let address = fleet.host(&format!("{inventory}1")).address.to_string();
        let network = address.rsplit_once('.').expect("an IPv4 address").0;
        fs::write(files.path().join("addresses.ini"), fleet.inventory())
            .expect("it can be written");
        let variables = variables(artifacts, network).to_string();
        fs::write(files.path().join("vars.json"), variables).expect("it can be written");
        Ok(Self {
            fleet,
            inventory,
            files,
        })
    }

    fn run(&self, playbook: &str, flags: &[&str]) -> Told {
        let file = |name: &str| self.files.path().join(name).display().to_string();
        let (playbook, inventory) = (
            format!("playbooks/{playbook}.yml"),
            format!("inventories/{}", self.inventory),
        );
        let (addresses, vars) = (file("addresses.ini"), format!("@{}", file("vars.json")));
        let words = [
            "run", &playbook, "-i", &inventory, "-i", &addresses, "-e", &vars,
        ];
        let told = Told::by(&[&words[..], flags].concat());
        let _ = writeln!(
            io::stderr(),
            "{inventory}: {playbook} {flags:?}: {:.1} s",
            told.seconds
        );
        told.expect_success(&format!("{inventory}: {playbook} {flags:?}"))
    }

    /// Nothing is left to do, and check mode knows it.
    fn is_converged(&self) {
        for flags in [&[][..], &["--check"]] {
            let told = self.run("site", flags);
            let changed: Vec<_> = told.ended("changed").collect();
            assert!(changed.is_empty(), "{flags:?} {changed:?}");
        }
    }

    fn kubectl(&self, host: &str, words: &str) -> String {
        let kubectl = "kubectl --kubeconfig /etc/kubernetes/admin.conf";
        self.fleet.exec(host, &format!("{kubectl} {words}"))
    }
}

/// What the hosts of a fleet need differently, and the lock of the artefacts that are there.
fn variables(artifacts: &Path, network: &str) -> Json {
    let version = Command::new(artifacts.join("bin/kubeadm"))
        .args(["version", "-o", "short"])
        .output()
        .expect("kubeadm says its version");
    let version = String::from_utf8_lossy(&version.stdout)
        .trim()
        .trim_start_matches('v')
        .to_owned();
    let mut lock = Map::new();
    for name in ["kubeadm", "kubelet", "kubectl"] {
        lock.insert(name.into(), json!({"version": version, "file": name}));
    }
    lock.insert("crictl".into(), json!({"file": "crictl"}));
    let (mut more, mut flannel, mut pause) = (Vec::new(), Map::new(), String::new());
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
            _ => None,
        };
        if let Some(argument) = argument {
            flannel.insert(argument.into(), image.clone().into());
        }
        if name == "pause" {
            pause.clone_from(&image);
        }
        if ["busybox", "flannel", "flannel-cni-plugin"].contains(&name) {
            more.push(image.clone());
        }
        lock.insert(
            format!("{name}-image"),
            json!({"kind": "image", "image": image, "file": file}),
        );
    }
    let mut variables = json!({
        "kubernetes_version": version,
        "artifacts_directory": artifacts,
        "artifacts": lock,
        "kubernetes_images_more": more,
        "containerd_sandbox_image": pause,
        "node_network": format!("{network}.0/24"),
        "api_address": format!("{network}.250"),
        // A fleet's hosts are namespaces: they lack privileges, and see the disk of the machine.
        "containerd_restrict_oom_score": true,
        "kube_proxy_settings": {"conntrack": {"maxPerCore": 0, "min": 0}},
        "kubelet_settings": {
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        },
        "preflight_space": 2000,
    });
    if let Json::Object(all) = &mut variables {
        all.extend(flannel);
    }
    variables
}

fn artifacts() -> Result<PathBuf, &'static str> {
    let named = std::env::var_os("K8SBM_ARTIFACTS").map(PathBuf::from);
    let there = named.filter(|directory| directory.join("bin/kubeadm").exists());
    there.ok_or("K8SBM_ARTIFACTS names no directory with bin/kubeadm and images/")
}

fn cluster(inventory: &'static str, hosts: usize) -> Option<Cluster> {
    let artifacts = match artifacts() {
        Ok(artifacts) => artifacts,
        Err(reason) => {
            fleet::skip(&reason);
            return None;
        }
    };
    match Cluster::bare(inventory, hosts, &artifacts) {
        Ok(cluster) => Some(cluster),
        Err(reason) => {
            fleet::skip(&reason);
            None
        }
    }
}

#[test]
fn a_lab_is_built_and_taken_away() {
    let Some(lab) = cluster("lab", 3) else { return };
    lab.run("site", &["--check"]);
    lab.run("site", &[]);
    lab.is_converged();
    lab.run("reset", &["-e", "confirm=lab"]);
    lab.run("site", &[]);
    assert_eq!(lab.kubectl("lab1", "get nodes -o name").lines().count(), 3);
}

#[test]
fn a_control_plane_of_three_outlives_a_host() {
    let Some(ha) = cluster("ha", 4) else { return };
    ha.run("site", &[]);
    ha.is_converged();
    let address = ha.fleet.host("ha1").address.to_string();
    let network = address.rsplit_once('.').expect("an IPv4 address").0;
    let held = format!("ip -oneline address show to {network}.250/32");
    let hosts = ["ha1", "ha2", "ha3"];
    let holder = hosts
        .into_iter()
        .find(|host| !ha.fleet.exec(host, &held).is_empty());
    let holder = holder.expect("a host holds the API's address");
    ha.fleet.kill(holder);
    let start = Instant::now();
    let ask =
        format!("curl --silent --insecure --fail --max-time 2 https://{network}.250:8443/livez");
    let (mut row, mut first) = (0, Duration::ZERO);
    while row < 10 {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "the API does not answer again"
        );
        if ha.fleet.try_exec("ha4", &ask).status.success() {
            first = if row == 0 { start.elapsed() } else { first };
            row += 1;
        } else {
            row = 0;
        }
    }
    let _ = writeln!(io::stderr(), "the API answers again after {first:.1?}");
    assert!(first < Duration::from_secs(5), "{first:?}");
}

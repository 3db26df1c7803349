//! What the playbooks would write on the hosts of each inventory, for three releases of Kubernetes, is kept in snapshots,
//! and held against what kubeadm, Kubernetes and the charts know.

use k8sbm_core::node::{Source, load_one};
use k8sbm_tests::{
    fleet::skip,
    rendered::{Family, Texts, rendered, rendered_on},
};
use serde_json::Value as Json;
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

const INVENTORIES: [&str; 4] = [
    "haproxy-cilium",
    "kube-vip-calico",
    "platform",
    "proxmox-flannel",
];

/// The releases; the last is told in full, of the others what differs.
const RELEASES: [&str; 3] = ["1.30.14", "1.34.9", "1.36.4"];

/// Settings that an inventory has not, and that reach further values of charts.
const UNUSUAL: [(&str, &str); 3] = [
    (
        "haproxy-cilium",
        r#"{"cilium_wireguard": true, "cilium_routing": "native", "cilium_image_digests": false}"#,
    ),
    (
        "kube-vip-calico",
        r#"{"calico_dataplane": "Nftables", "calico_mtu": 1400, "calico_registry": "registry.example.com/"}"#,
    ),
    (
        "platform",
        r#"{"calico_dataplane": "BPF", "calico_mtu": 1400, "calico_registry": "registry.example.com/"}"#,
    ),
];

#[test]
fn what_is_written_is_as_it_was_read_and_found_right() {
    for inventory in INVENTORIES {
        let newest = RELEASES[2];
        let whole = rendered(inventory, newest, &Json::Null);
        insta::assert_snapshot!(format!("{inventory}-{newest}"), told(&whole, None));
        for release in &RELEASES[..2] {
            let texts = rendered(inventory, release, &Json::Null);
            let name = format!("{inventory}-{release}-differs");
            insta::assert_snapshot!(name, told(&texts, Some(&whole)));
        }
    }
}

/// Settings that change more than a value, each over an inventory.
const OTHERWISE: [(&str, &str, &str); 3] = [
    (
        "routes-alone",
        "proxmox-flannel",
        r#"{"flannel_backend": "host-gw", "flannel_direct_routing": false}"#,
    ),
    (
        "firewalld-and-a-port-of-its-own",
        "haproxy-cilium",
        r#"{"firewall": "firewalld", "api_same_port": false, "cilium_wireguard": true}"#,
    ),
    (
        "bridges",
        "haproxy-cilium",
        r#"{"network_plugin": "bridge", "pod_subnet": "10.244.{{ groups['all'].index(inventory_hostname) }}.0/24"}"#,
    ),
];

#[test]
fn a_setting_changes_what_it_says() {
    for (name, inventory, more) in OTHERWISE {
        let more = serde_json::from_str(more).unwrap();
        let usual = rendered(inventory, RELEASES[2], &Json::Null);
        let texts = rendered(inventory, RELEASES[2], &more);
        insta::assert_snapshot!(
            format!("{inventory}-with-{name}"),
            told(&texts, Some(&usual))
        );
    }
}

#[test]
fn the_red_hat_family_has_files_of_its_own() {
    let more = serde_json::json!({"firewall": "firewalld", "clock_servers": ["ntp.example.com"]});
    let debian = rendered("haproxy-cilium", RELEASES[2], &more);
    let red_hat = rendered_on(Family::RedHat, "haproxy-cilium", RELEASES[2], &more);
    insta::assert_snapshot!("red-hat-family", told(&red_hat, Some(&debian)));
    let gone: Vec<&String> = debian
        .keys()
        .filter(|it| !red_hat.contains_key(*it))
        .collect();
    // They are elsewhere; the script is where files of programs are, which are not told.
    let elsewhere = ["/etc/chrony/chrony.conf", "/etc/keepalived/check-api.sh"];
    assert_eq!(gone, elsewhere);
}

/// Every text with its name and hosts, but those that another release has too.
fn told(texts: &Texts, but: Option<&Texts>) -> String {
    let mut text = String::new();
    for (name, alike) in texts {
        if but.is_some_and(|other| other.get(name) == Some(alike)) {
            continue;
        }
        for (hosts, content) in alike {
            let _ = writeln!(text, "===> {name} on {}\n{content}", hosts.join(", "));
        }
    }
    text
}

#[test]
fn kubeadm_takes_its_configuration() {
    let kubeadm =
        std::env::var_os("K8SBM_ARTIFACTS").map(|it| PathBuf::from(it).join("bin/kubeadm"));
    let Some(kubeadm) = kubeadm.filter(|it| it.exists()) else {
        return skip(&"K8SBM_ARTIFACTS names no directory with bin/kubeadm");
    };
    let output = Command::new(&kubeadm)
        .args(["version", "-o", "short"])
        .output()
        .unwrap();
    let own = String::from_utf8(output.stdout).unwrap();
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("kubeadm.yaml");
    for (inventory, release) in INVENTORIES
        .iter()
        .flat_map(|it| RELEASES.map(|release| (it, release)))
    {
        let texts = rendered(inventory, release, &Json::Null);
        let of_kubeadm = texts
            .iter()
            .filter(|(name, _)| name.starts_with("/etc/kubernetes/kubeadm-"));
        for (name, (_, text)) in
            of_kubeadm.flat_map(|(name, alike)| alike.iter().map(move |it| (name, it)))
        {
            // What runs fills in the discovery; and a kubeadm takes releases near its own.
            let text = text.replace(&format!("v{release}"), own.trim());
            let text = text.replace(
                "kind: JoinConfiguration\n",
                "kind: JoinConfiguration\ndiscovery: {bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: '192.168.1.100:6443', unsafeSkipCAVerification: true}}\n",
            );
            fs::write(&path, text).unwrap();
            let output = Command::new(&kubeadm)
                .args(["config", "validate", "--config"])
                .arg(&path)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{inventory} {release} {name}: {said}"
            );
            assert!(
                !said.contains("unknown field"),
                "{inventory} {release} {name}: {said}"
            );
        }
    }
}

/// Kinds that Kubernetes itself does not have, or not in its API.
const OTHERS: [&str; 8] = [
    "metallb.io/",
    "audit.k8s.io/",
    "apiserver.config.k8s.io/",
    "cert-manager.io/",
    "gateway.envoyproxy.io/",
    "gateway.networking.k8s.io/",
    ".k8s.elastic.co/",
    "objectbucket.io/",
];

#[test]
fn kubernetes_knows_the_manifests() {
    let validate = match validator() {
        Ok(validate) => validate,
        Err(reason) => return skip(&reason),
    };
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("manifest.yaml");
    let mut seen = 0;
    for (inventory, release) in INVENTORIES
        .iter()
        .flat_map(|it| RELEASES.map(|release| (it, release)))
    {
        let texts = rendered(inventory, release, &Json::Null);
        let objects = texts.iter().filter(|(name, _)| {
            !name.starts_with('/') && !name.starts_with("release") || name.contains("/manifests/")
        });
        for (_, text) in objects.flat_map(|(_, alike)| alike) {
            let documents =
                text.split_inclusive('\n')
                    .fold(vec![String::new()], |mut all, line| {
                        if line.starts_with("apiVersion: ")
                            && all.last().is_some_and(|it| it.contains("apiVersion: "))
                        {
                            all.push(String::new());
                        }
                        if let Some(last) = all.last_mut().filter(|_| !line.starts_with("===>")) {
                            last.push_str(line);
                        }
                        all
                    });
            let ours = documents
                .iter()
                .filter(|it| !OTHERS.iter().any(|kind| it.contains(kind)));
            let ours: Vec<&str> = ours.map(String::as_str).collect();
            fs::write(&path, ours.join("---\n")).unwrap();
            let minor = release.rsplit_once('.').map_or(release, |(minor, _)| minor);
            let output = Command::new(&validate)
                .args(["--strict", "-k", minor])
                .arg(&path)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success(),
                "{inventory} {release}: {said}\n{}",
                ours.join("---\n")
            );
            seen += ours.len();
        }
    }
    assert!(seen > 30, "{seen} manifests were looked at");
}

/// `kubernetes-validate` from Python's registry, in an environment of its own.
fn validator() -> Result<PathBuf, String> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-validate");
    let program = place.join("bin/kubernetes-validate");
    if program.exists() {
        return Ok(program);
    }
    let run = |program: &Path, words: &[&str]| match Command::new(program).args(words).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr)
            .lines()
            .last()
            .unwrap_or_default()
            .to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let told = |why| format!("kubernetes-validate cannot be installed: {why}");
    run(
        Path::new("python3"),
        &["-m", "venv", &place.display().to_string()],
    )
    .map_err(told)?;
    run(
        &place.join("bin/pip"),
        &["install", "--quiet", "kubernetes-validate==1.37.0"],
    )
    .map_err(told)?;
    Ok(program)
}

/// Every value that a role sets is one that the chart has: `charts/NAME.txt` lists them, each looked up in the chart.
#[test]
fn every_value_of_a_chart_is_one_that_it_has() {
    let usual = INVENTORIES.map(|inventory| (inventory, "{}"));
    let mut unknown = BTreeSet::new();
    for (inventory, more) in usual.into_iter().chain(UNUSUAL) {
        let more: Json = serde_json::from_str(more).unwrap();
        let texts = rendered(inventory, RELEASES[2], &more);
        for (name, alike) in &texts {
            let Some(release) = name.strip_prefix("release ") else {
                continue;
            };
            let text = &alike[0].1;
            let version = text
                .lines()
                .find_map(|line| line.strip_prefix("version: "))
                .unwrap();
            let chart = match fs::read_to_string(format!("charts/{release}-{version}.txt")) {
                Ok(text) => text,
                Err(error) => panic!("charts/{release}-{version}.txt: {error}"),
            };
            let known: BTreeSet<&str> = chart
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect();
            let mut set = BTreeSet::new();
            keys(&values(text), "", &mut set);
            for key in set {
                if !known.contains(&*key) {
                    unknown.insert(format!("{release}-{version}: {key}"));
                }
            }
        }
    }
    assert_eq!(unknown, BTreeSet::new());
}

/// The values in what is told of a release.
fn values(text: &str) -> Json {
    let source = Source {
        name: "release".into(),
        text: text.into(),
    };
    let source = Arc::new(source);
    load_one(&source).unwrap().to_json()["values"].clone()
}

/// The paths of values, with `[]` for the items of lists.
fn keys(value: &Json, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let dot = if path.is_empty() { "" } else { "." };
                keys(value, &format!("{path}{dot}{key}"), found);
            }
        }
        Json::Array(items) if items.iter().any(Json::is_object) => {
            for item in items {
                keys(item, &format!("{path}[]"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

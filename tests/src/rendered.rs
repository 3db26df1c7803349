//! What `site.yml` would write on the hosts of an inventory: all of it in check mode, on bare hosts in memory.

use k8sbm_core::{
    connection::{Connection, FakeHost},
    event::{Event, Outcome, Sink},
    host::Output,
    inventory::Inventory,
    node::Reading,
    run::{Connector, Options, Runner, Way},
    task::Diff,
};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

/// Texts by their names: files, objects of the API, values of charts; each with the hosts that have it.
pub type Texts = BTreeMap<String, Vec<(Vec<String>, String)>>;

/// Where files are written.
const DIRECTORIES: [&str; 21] = [
    "/etc/chrony",
    "/etc/cni/net.d",
    "/etc/containerd/certs.d",
    "/etc/firewalld/policies",
    "/etc/firewalld/services",
    "/etc/firewalld/zones",
    "/etc/haproxy",
    "/etc/keepalived",
    "/etc/kubernetes/audit",
    "/etc/kubernetes/encryption",
    "/etc/kubernetes/manifests",
    "/etc/kubernetes/patches",
    "/etc/security/limits.d",
    "/etc/sudoers.d",
    "/etc/systemd/journald.conf.d",
    "/etc/systemd/system/kubelet.service.d",
    "/etc/sysconfig",
    "/etc/yum.repos.d",
    "/usr/lib/cni",
    "/usr/libexec/cni",
    "/usr/libexec/keepalived",
];

/// What kind of distribution the hosts run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Debian 12.
    Debian,
    /// Rocky Linux 9, with SELinux.
    RedHat,
}

impl Family {
    /// The facts that tell of it.
    fn facts(self) -> Json {
        match self {
            Self::Debian => json!({
                "os_family": "Debian", "distribution": "Debian", "distribution_version": "12.5",
                "distribution_major_version": "12", "distribution_release": "bookworm",
                "kernel": "6.1.0", "pkg_mgr": "apt", "selinux": {"status": "disabled"},
            }),
            Self::RedHat => json!({
                "os_family": "RedHat", "distribution": "Rocky", "distribution_version": "9.6",
                "distribution_major_version": "9", "distribution_release": "Blue Onyx",
                "kernel": "5.14.0-570.el9", "pkg_mgr": "dnf", "selinux": {"status": "enabled"},
            }),
        }
    }
}

/// Bare hosts: nothing is installed, nothing runs.
struct Bare(Family);

impl Connector for Bare {
    fn connect(&self, way: &Way) -> Result<Arc<dyn Connection>, String> {
        let mut facts = json!({
            "architecture": "x86_64", "service_mgr": "systemd", "memtotal_mb": 8192,
            "processor_vcpus": 4, "hostname": "debian", "all_ipv4_addresses": [way.address],
            "default_ipv4": {"interface": "eth0", "address": way.address, "mtu": 1500},
        });
        if let (Json::Object(all), Json::Object(of_family)) = (&mut facts, self.0.facts()) {
            all.extend(of_family);
        }
        let answer = |status, stdout: &str| Output {
            status,
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
        };
        let found = format!(
            "space: 50000\nmachine: '{}'\njoined: false\ncgroups: 2\nclock: 1700000000\nnameservers: 1\nroutes: []\nruns: []\nlistening: []\naddress: ''\n",
            way.name
        );
        let (nothing, actor) = (
            answer(1, ""),
            answer(0, "0\n0\nroot\nroot\n0022\n/root\n/root\n"),
        );
        let (nobody, preflight) = (nothing.clone(), answer(0, &found));
        let mut host = FakeHost::new()
            .facts(facts)
            .file("/etc/hosts", "127.0.0.1 localhost\n")
            // A key that is there: what is told has stars in its place.
            .file(
                "/etc/kubernetes/encryption/key",
                "c3RhbmQtaW4gc3RhbmQtaW4gc3RhbmQtaW4gc3RhbmQ=\n",
            )
            .file("/etc/default/ufw", "DEFAULT_FORWARD_POLICY=\"DROP\"\n")
            .file(
                "/etc/ufw/before.rules",
                "*filter\n# don't delete the 'COMMIT' line\nCOMMIT\n",
            )
            .queries(
                |asked| asked.line().contains("id -un"),
                move |_, _| actor.clone(),
            )
            .queries(|_| true, move |_, _| nobody.clone())
            .commands(
                |asked| asked.line().contains("/etc/machine-id"),
                move |_, _| preflight.clone(),
            )
            .commands(|_| true, move |_, _| nothing.clone());
        // What packages and earlier tasks bring: in check mode nobody makes it.
        for directory in DIRECTORIES {
            host = host.directory(directory);
        }
        Ok(Arc::new(host))
    }
}

/// What each host is told to have, by what it is called.
#[derive(Default)]
struct Told {
    texts: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    failures: Mutex<Vec<String>>,
}

/// Several objects at once are called by the first: plays that run side by side tell theirs in any order.
fn named(diff: &Diff) -> String {
    match diff
        .after
        .strip_prefix("# ")
        .and_then(|text| text.lines().next())
    {
        Some(first) if diff.after_header == "objects of the API" => {
            format!("objects from {first}")
        }
        _ => diff.after_header.clone(),
    }
}

impl Sink for Told {
    fn event(&self, event: &Event) {
        match event {
            Event::Broken { diagnostic } => {
                self.failures.lock().unwrap().push(diagnostic.to_string());
            }
            Event::HostFinished(finished) => {
                if let Outcome::Failed { .. } | Outcome::Unreachable { .. } = finished.outcome {
                    let why = format!("{} {}", finished.host, finished.result);
                    self.failures.lock().unwrap().push(why);
                }
                for change in &finished.changes {
                    let Some(diff) = &change.diff else { continue };
                    let attributes =
                        |line: &str| line.starts_with("mode: ") || line.starts_with("state: ");
                    let file = diff.after_header.starts_with("/etc/")
                        && !diff.after.lines().all(attributes);
                    if !file
                        && !diff.after.contains("apiVersion: ")
                        && !diff.after.contains("values:\n")
                    {
                        continue;
                    }
                    let mut texts = self.texts.lock().unwrap();
                    let of_name = texts.entry(named(diff)).or_default();
                    let text = of_name.entry(finished.host.to_string()).or_default();
                    if !text.is_empty() && diff.after.starts_with("# Written by") {
                        text.push_str("===> and later\n");
                    }
                    text.push_str(&diff.after);
                }
            }
            _ => {}
        }
    }
}

/// [`rendered_on`] Debian.
///
/// # Panics
/// When a task fails.
#[must_use]
pub fn rendered(inventory: &str, release: &str, more: &Json) -> Texts {
    rendered_on(Family::Debian, inventory, release, more)
}

/// What the playbook tells of an inventory with a release of Kubernetes and more variables, of the first two hosts of
/// the control plane and the first worker: each text by its name, and which hosts have it.
///
/// # Panics
/// When a task fails.
#[must_use]
pub fn rendered_on(family: Family, inventory: &str, release: &str, more: &Json) -> Texts {
    let place = format!("../inventories/{inventory}");
    let load = |places: &[String]| {
        Inventory::load(places, &Reading::default()).unwrap_or_else(|error| panic!("{error}"))
    };
    let runner =
        |inventory| Runner::new(inventory, k8sbm_tasks::registry(), Arc::new(Bare(family)));
    let alone = runner(load(std::slice::from_ref(&place)))
        .ready(None)
        .unwrap();
    let survey = alone.survey();
    let (control_plane, workers) = (survey.group("control_plane"), survey.group("workers"));
    let looked_at = [&control_plane[0], &control_plane[1], &workers[0]];
    let lock = survey
        .said(&control_plane[0], "artifacts")
        .unwrap()
        .unwrap();
    let over = tempfile::tempdir().unwrap();
    let (own, artefacts) = (over.path().join("own"), over.path().join("artefacts"));
    fs::create_dir_all(own.join("group_vars")).unwrap();
    fs::create_dir(&artefacts).unwrap();
    let lock = stand_ins(serde_json::to_value(&lock.value).unwrap(), &artefacts);
    let mut variables = json!({
        "kubernetes_version": release,
        "artifacts_directory": artefacts,
        "artifacts": lock,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        variables[name] = value.clone();
    }
    fs::write(own.join("group_vars/all.yml"), variables.to_string()).unwrap();
    fs::write(own.join("hosts.yml"), "all: {}\n").unwrap();
    let told = Arc::new(Told::default());
    let both = load(&[place, own.display().to_string()]);
    let options = Options {
        check: true,
        diff: true,
        ..Options::default()
    };
    let ready = runner(both)
        .options(options)
        .sink(told.clone())
        .ready(None)
        .unwrap();
    let path = Path::new("../playbooks/site.yml");
    let playbook = ready
        .load(path)
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let report = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(ready.run(&[("site.yml".to_owned(), playbook)]));
    let failures = told.failures.lock().unwrap().join("\n");
    assert!(report.success(), "{inventory} {release}: {failures}");
    let texts = std::mem::take(&mut *told.texts.lock().unwrap());
    let told = texts.into_iter().filter_map(|(name, by_host)| {
        let mut alike: Vec<(Vec<String>, String)> = Vec::new();
        for host in looked_at {
            let Some(text) = by_host.get(&**host) else {
                continue;
            };
            let text = text.replace(&over.path().display().to_string(), "DIRECTORY");
            match alike.iter_mut().find(|(_, other)| *other == text) {
                Some((hosts, _)) => hosts.push(host.to_string()),
                None => alike.push((vec![host.to_string()], text)),
            }
        }
        (!alike.is_empty()).then_some((name, alike))
    });
    told.collect()
}

/// The same lock, of files that are there.
fn stand_ins(mut lock: Json, directory: &Path) -> Json {
    for (name, artefact) in lock.as_object_mut().unwrap() {
        let artefact = artefact.as_object_mut().unwrap();
        for field in ["url", "sha256"] {
            artefact.remove(field);
        }
        if name.starts_with("kube") {
            artefact.remove("version");
        }
        artefact.insert("file".into(), name.clone().into());
        fs::write(directory.join(name), name).unwrap();
    }
    lock
}

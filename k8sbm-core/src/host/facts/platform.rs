//! Kernel, architecture, names.

use super::Facts;
use super::gathered::{Gathered, assignments};
use serde_json::{Map, Value as Json, json};

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let kernel = |name: &str| {
        let path = format!("/proc/sys/kernel/{name}");
        gathered.value(&path).unwrap_or_default()
    };
    let machine = gathered.record("machine").unwrap_or_default().trim();
    let architecture = match machine {
        "i386" | "i486" | "i586" | "i686" => "i386",
        machine => machine,
    };
    let is_64 = ["64", "s390x", "alpha"]
        .iter()
        .any(|word| machine.contains(word));
    facts.insert("system".into(), kernel("ostype").into());
    facts.insert("kernel".into(), kernel("osrelease").into());
    facts.insert("kernel_version".into(), kernel("version").into());
    facts.insert("machine".into(), machine.into());
    facts.insert("architecture".into(), architecture.into());
    facts.insert("userspace_architecture".into(), architecture.into());
    let bits = if is_64 { "64" } else { "32" };
    facts.insert("userspace_bits".into(), bits.into());

    let node = kernel("hostname");
    let fqdn = fqdn(gathered, node);
    facts.insert("nodename".into(), node.into());
    let host = node.split('.').next().unwrap_or_default();
    facts.insert("hostname".into(), host.into());
    let domain = fqdn.split_once('.').map_or("", |(_, domain)| domain);
    facts.insert("domain".into(), domain.into());
    facts.insert("fqdn".into(), fqdn.clone().into());
    let machine_id = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .iter()
        .find_map(|path| gathered.value(path));
    if let Some(id) = machine_id {
        facts.insert("machine_id".into(), id.into());
    }

    let (plain, repeated) = command_line(gathered.value("/proc/cmdline").unwrap_or_default());
    facts.insert("cmdline".into(), plain.into());
    facts.insert("proc_cmdline".into(), repeated.into());
    facts.insert("dns".into(), dns(gathered).into());
    if let Some(load) = gathered.value("/proc/loadavg") {
        let load: Vec<f64> = load
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        if let [one, five, fifteen, ..] = load[..] {
            facts.insert(
                "loadavg".into(),
                json!({ "1m": one, "5m": five, "15m": fifteen }),
            );
        }
    }
    facts.insert("is_chroot".into(), gathered.exists("chroot").into());
    facts.insert("lsb".into(), lsb(gathered).into());
}

/// The full name, as the host's own table or its name servers say it.
fn fqdn(gathered: &Gathered, node: &str) -> String {
    let hosts = gathered.file("/etc/hosts").unwrap_or_default();
    let names = hosts.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let names: Vec<_> = line.split_whitespace().skip(1).collect();
        names.contains(&node).then_some(names)
    });
    let looked_up = || {
        let name = gathered.record("fqdn").unwrap_or_default().trim();
        (!name.is_empty()).then(|| vec![name])
    };
    let names = names.or_else(looked_up).unwrap_or_else(|| vec![node]);
    let full = names.iter().find(|name| name.contains('.'));
    (*full.unwrap_or(&names[0])).to_owned()
}

/// The kernel's arguments: each once, and those given more often as lists.
fn command_line(text: &str) -> (Map<String, Json>, Map<String, Json>) {
    let (mut plain, mut repeated) = (Map::new(), Map::new());
    for word in text.split_whitespace() {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, Json::from(value)),
            None => (word, Json::Bool(true)),
        };
        plain.insert(key.to_owned(), value.clone());
        match repeated.get_mut(key) {
            None => drop(repeated.insert(key.to_owned(), value)),
            Some(Json::Array(values)) => values.push(value),
            Some(first) => *first = Json::Array(vec![first.take(), value]),
        }
    }
    (plain, repeated)
}

fn dns(gathered: &Gathered) -> Map<String, Json> {
    let mut dns = Map::new();
    for line in gathered
        .file("/etc/resolv.conf")
        .unwrap_or_default()
        .lines()
    {
        let mut words = line.split_whitespace();
        let rest =
            |words: std::str::SplitWhitespace<'_>| -> Vec<Json> { words.map(Json::from).collect() };
        match words.next() {
            Some("nameserver") => {
                let servers = dns.entry("nameservers").or_insert_with(|| json!([]));
                if let Json::Array(servers) = servers {
                    servers.extend(rest(words));
                }
            }
            Some("domain") => {
                if let Some(domain) = words.next() {
                    dns.insert("domain".into(), domain.into());
                }
            }
            Some(key @ ("search" | "sortlist")) => {
                dns.insert(key.into(), rest(words).into());
            }
            Some("options") => {
                let option = |word: &str| match word.split_once(':') {
                    Some((name, value)) => (name.to_owned(), Json::from(value)),
                    None => (word.to_owned(), Json::Bool(true)),
                };
                let options: Map<_, _> = words.map(option).collect();
                dns.insert("options".into(), options.into());
            }
            _ => {}
        }
    }
    dns
}

/// What `lsb_release` prints, without running it: it only repeats these files.
fn lsb(gathered: &Gathered) -> Map<String, Json> {
    let mut lsb = Map::new();
    let put = |lsb: &mut Map<String, Json>, name: &str, value: Option<String>| {
        if let Some(value) = value {
            lsb.insert(name.to_owned(), value.into());
        }
    };
    if let Some(text) = gathered.file("/etc/lsb-release") {
        let mut release = assignments(text);
        put(&mut lsb, "id", release.remove("DISTRIB_ID"));
        put(&mut lsb, "release", release.remove("DISTRIB_RELEASE"));
        put(&mut lsb, "codename", release.remove("DISTRIB_CODENAME"));
        put(
            &mut lsb,
            "description",
            release.remove("DISTRIB_DESCRIPTION"),
        );
    } else if gathered.exists("/usr/bin/lsb_release") {
        let mut release = assignments(gathered.file("/etc/os-release").unwrap_or_default());
        let name = release.remove("NAME");
        put(
            &mut lsb,
            "id",
            name.and_then(|name| Some(name.split(' ').next()?.to_owned())),
        );
        put(&mut lsb, "release", release.remove("VERSION_ID"));
        put(&mut lsb, "codename", release.remove("VERSION_CODENAME"));
        put(&mut lsb, "description", release.remove("PRETTY_NAME"));
    }
    if let Some(release) = lsb.get("release").and_then(Json::as_str) {
        let major = release.split('.').next().unwrap_or_default().to_owned();
        lsb.insert("major_release".into(), major.into());
    }
    lsb
}

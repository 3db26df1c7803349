//! Processors.

use super::Facts;
use super::gathered::Gathered;
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let Some(text) = gathered.file("/proc/cpuinfo") else {
        return;
    };
    let mut described: Vec<Json> = Vec::new();
    let mut count = BTreeMap::new();
    let (mut sockets, mut cores) = (BTreeMap::new(), BTreeMap::new());
    let (mut socket, mut core) = ("", "");
    for line in text.lines() {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        let number = || value.parse::<u64>().unwrap_or(1);
        match key {
            "flags" => {
                let flags: Vec<_> = value.split_whitespace().collect();
                facts.insert("flags".into(), flags.into());
            }
            "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" | "processor" => {
                described.push(value.into());
                *count.entry(key).or_insert(0_u64) += 1;
            }
            "physical id" => {
                socket = value;
                sockets.entry(socket).or_insert(1);
            }
            "core id" => {
                core = value;
                cores.entry(core).or_insert(1);
            }
            "cpu cores" => drop(sockets.insert(socket, number())),
            "siblings" => drop(cores.insert(core, number())),
            _ => {}
        }
    }
    let of = |key: &str| count.get(key).copied().unwrap_or(0);
    let architecture = facts
        .get("architecture")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let entries = match (of("vendor_id"), of("model name")) {
        _ if ["arm", "aarch", "ppc"]
            .iter()
            .any(|name| architecture.starts_with(name)) =>
        {
            of("processor")
        }
        (vendors @ 1.., models) if vendors == models => vendors,
        _ => described.len() as u64,
    };
    let processors = match sockets.len() {
        0 => entries,
        sockets => sockets as u64,
    };
    let per_socket = sockets.values().next().copied().unwrap_or(1).max(1);
    let siblings = cores.values().next().copied().unwrap_or(1);
    let threads = ((siblings as f64 / per_socket as f64).round() as u64).max(1);
    facts.insert("processor".into(), described.into());
    facts.insert("processor_count".into(), processors.into());
    facts.insert("processor_cores".into(), per_socket.into());
    facts.insert("processor_threads_per_core".into(), threads.into());
    facts.insert(
        "processor_vcpus".into(),
        (threads * processors * per_socket).into(),
    );
    let usable = gathered.file("/proc/self/status").and_then(usable);
    facts.insert(
        "processor_nproc".into(),
        usable.unwrap_or(of("processor")).into(),
    );
}

/// How many processors the shell may run on.
fn usable(status: &str) -> Option<u64> {
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        last.checked_sub(first).map(|more| more + 1)
    };
    list.split(',').map(range).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_cores_and_threads_are_told_apart() {
        let mut text = "\u{1e}files\u{1f}==> /proc/cpuinfo <==\n".to_owned();
        for number in 0..8 {
            let (socket, core) = (number / 4, number % 2);
            text += &format!(
                "processor\t: {number}\nvendor_id\t: X\nmodel name\t: Y\nphysical id\t: {socket}\nsiblings\t: 4\ncore id\t: {core}\ncpu cores\t: 2\nflags\t: a b\n\n"
            );
        }
        text += "\n==> /proc/self/status <==\nCpus_allowed_list:\t0-3,6\n";
        let mut facts = Facts::new();
        add(&Gathered::read(text.as_bytes()), &mut facts);
        let number = |name: &str| facts[&format!("processor_{name}")].as_u64().unwrap();
        assert_eq!(
            ["count", "cores", "threads_per_core", "vcpus", "nproc"].map(number),
            [2, 2, 2, 8, 5]
        );
    }
}

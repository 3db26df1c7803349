//! Block devices.

use super::Facts;
use super::gathered::{Gathered, base_name};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Names of links by the device they lead to.
type Links = BTreeMap<String, BTreeSet<String>>;

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let by = |directory: &str| -> Links {
        let mut links = Links::new();
        for (path, target) in gathered.links_below(directory) {
            let names = links.entry(base_name(target).to_owned()).or_default();
            names.insert(base_name(path).to_owned());
        }
        links
    };
    let mut masters = Links::new();
    let mut names = BTreeSet::new();
    for (path, _) in gathered.links_below("/sys/block/") {
        match path.split('/').skip(3).collect::<Vec<_>>()[..] {
            [name] => drop(names.insert(name)),
            [master, "slaves", slave] => {
                masters
                    .entry(slave.to_owned())
                    .or_default()
                    .insert(master.to_owned());
            }
            _ => {}
        }
    }
    let links = [
        ("ids", by("/dev/disk/by-id/")),
        ("uuids", by("/dev/disk/by-uuid/")),
        ("labels", by("/dev/disk/by-label/")),
        ("masters", masters),
    ];
    let links_of = |name: &str| -> Map<String, Json> {
        let of = |links: &Links| Json::from_iter(links.get(name).into_iter().flatten().cloned());
        links
            .iter()
            .map(|(kind, links)| ((*kind).to_owned(), of(links)))
            .collect()
    };
    let mut devices = Map::new();
    for name in names {
        let device = device(gathered, name, &links_of);
        devices.insert(name.to_owned(), device.into());
    }
    facts.insert("devices".into(), devices.into());
    let all: Map<_, _> = links
        .iter()
        .map(|(kind, links)| ((*kind).to_owned(), json!(links)))
        .collect();
    facts.insert("device_links".into(), all.into());
}

fn device(
    gathered: &Gathered,
    name: &str,
    links_of: &dyn Fn(&str) -> Map<String, Json>,
) -> Map<String, Json> {
    let directory = format!("/sys/block/{name}/");
    let text = |file: &str| gathered.value(&format!("{directory}{file}"));
    let mut device = Map::new();
    device.insert("virtual".into(), 1.into());
    device.insert("links".into(), links_of(name).into());
    for (fact, file) in [
        ("vendor", "device/vendor"),
        ("model", "device/model"),
        ("removable", "removable"),
        ("rotational", "queue/rotational"),
    ] {
        device.insert(fact.into(), text(file).into());
    }
    device.insert("sas_address".into(), Json::Null);
    device.insert("sas_device_handle".into(), Json::Null);
    if let Some(serial) = text("device/serial") {
        device.insert("serial".into(), serial.into());
    }
    let discards = match text("queue/discard_max_hw_bytes") {
        Some("0") => Some("0"),
        _ => text("queue/discard_granularity"),
    };
    device.insert("support_discard".into(), discards.into());
    let scheduler = text("queue/scheduler").unwrap_or_default();
    let scheduler = scheduler
        .split_once('[')
        .and_then(|(_, rest)| rest.split(']').next());
    device.insert(
        "scheduler_mode".into(),
        scheduler.unwrap_or_default().into(),
    );
    device.extend(size(text("size"), text("queue/logical_block_size")));
    device.insert("host".into(), "".into());
    device.insert("holders".into(), holders(gathered, &directory));

    let mut partitions = Map::new();
    for (path, start) in gathered.files_below(&directory) {
        let Some(part) = path
            .strip_prefix(&directory)
            .and_then(|rest| rest.strip_suffix("/start"))
        else {
            continue;
        };
        let below = format!("{directory}{part}/");
        let mut partition = size(
            gathered.value(&format!("{below}size")),
            text("queue/logical_block_size"),
        );
        let links = links_of(part);
        let uuid = links.get("uuids").and_then(|uuids| uuids.get(0)).cloned();
        partition.insert("uuid".into(), uuid.unwrap_or(Json::Null));
        partition.insert("links".into(), links.into());
        partition.insert("start".into(), start.trim().into());
        partition.insert("holders".into(), holders(gathered, &below));
        partitions.insert(part.to_owned(), partition.into());
    }
    device.insert("partitions".into(), partitions.into());
    device
}

/// The kernel counts units of 512 bytes, whatever the device's own sectors are.
fn size(units: Option<&str>, sector: Option<&str>) -> Map<String, Json> {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
    let bytes = number(units).unwrap_or(0) * 512;
    let sector = number(sector).filter(|size| *size > 0).unwrap_or(512);
    let mut facts = Map::new();
    facts.insert("sectorsize".into(), sector.to_string().into());
    facts.insert("sectors".into(), (bytes / sector).into());
    facts.insert("size".into(), human(bytes).into());
    facts
}

fn human(bytes: u64) -> String {
    const UNITS: [&str; 9] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1024.0 {
        (size, unit) = (size / 1024.0, unit + 1);
    }
    format!("{size:.2} {}", UNITS[unit])
}

/// Mapped devices on top of one, by their names.
fn holders(gathered: &Gathered, directory: &str) -> Json {
    let prefix = format!("{directory}holders/");
    let names = gathered
        .files_below(&prefix)
        .filter(|(path, _)| path.ends_with("/dm/name"));
    names.map(|(_, name)| Json::from(name.trim())).collect()
}

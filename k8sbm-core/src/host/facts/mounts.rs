//! Mounted filesystems and how full they are.

use super::Facts;
use super::gathered::Gathered;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let sizes = sizes(gathered.record("filesystems").unwrap_or_default());
    let binds = binds(gathered.file("/proc/self/mountinfo").unwrap_or_default());
    let uuids: BTreeMap<String, &str> = gathered
        .links_below("/dev/disk/by-uuid/")
        .map(|(path, target)| {
            let device = format!("/dev/{}", target.trim_start_matches("../"));
            (device, super::gathered::base_name(path))
        })
        .collect();
    let mut mounts: Vec<Json> = Vec::new();
    for line in gathered.file("/proc/mounts").unwrap_or_default().lines() {
        let fields: Vec<_> = line.split(' ').map(unescaped).collect();
        let [device, mount, kind, options, dump, pass] = &fields[..] else {
            continue;
        };
        if !device.starts_with('/') && !device.contains(":/") || kind == "none" {
            continue;
        }
        let bind = if binds.contains(mount) { ",bind" } else { "" };
        let mut fact = Map::new();
        fact.insert("mount".into(), mount.as_str().into());
        fact.insert("device".into(), device.as_str().into());
        fact.insert("fstype".into(), kind.as_str().into());
        fact.insert("options".into(), format!("{options}{bind}").into());
        fact.insert("dump".into(), dump.parse::<u64>().unwrap_or(0).into());
        fact.insert("passno".into(), pass.parse::<u64>().unwrap_or(0).into());
        if let Some(size) = sizes.get(mount) {
            fact.extend(size.clone());
        }
        let uuid = uuids.get(device).copied().unwrap_or("N/A");
        fact.insert("uuid".into(), uuid.into());
        mounts.push(fact.into());
    }
    facts.insert("mounts".into(), mounts.into());
}

/// Sizes by mount, from lines of `stat -f`.
fn sizes(text: &str) -> BTreeMap<String, Map<String, Json>> {
    let line = |line: &str| {
        let mut fields = line.splitn(7, ' ');
        let mut number = || fields.next()?.parse::<u64>().ok();
        let (block, unit) = (number()?, number()?);
        let (blocks, free_blocks) = (number()?, number()?);
        let (inodes, free_inodes) = (number()?, number()?);
        let mount = fields.next()?.to_owned();
        let facts = [
            ("size_total", unit * blocks),
            ("size_available", unit * free_blocks),
            ("block_size", block),
            ("block_total", blocks),
            ("block_available", free_blocks),
            ("block_used", blocks.saturating_sub(free_blocks)),
            ("inode_total", inodes),
            ("inode_available", free_inodes),
            ("inode_used", inodes.saturating_sub(free_inodes)),
        ];
        let facts = facts.map(|(name, value)| (name.to_owned(), Json::from(value)));
        Some((mount, facts.into_iter().collect()))
    };
    text.lines().filter_map(line).collect()
}

/// Where a part of a filesystem is mounted instead of its root.
fn binds(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        let fields: Vec<_> = before.split(' ').collect();
        let (root, mount) = (*fields.get(3)?, *fields.get(4)?);
        let subvolume = after.starts_with("btrfs ");
        (root != "/" && !subvolume).then(|| unescaped(mount))
    };
    text.lines().filter_map(line).collect()
}

/// The kernel writes blanks and backslashes of names as octal numbers.
fn unescaped(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let digits = rest.get(at + 1..at + 4);
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                text.push(byte as char);
                rest = &rest[at + 4..];
            }
            None => {
                text.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    text + rest
}

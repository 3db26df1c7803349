//! The user that gathers, and the environment.

use super::Facts;
use super::gathered::Gathered;
use serde_json::{Map, Value as Json};

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let environment: Map<String, Json> = gathered
        .file("/proc/self/environ")
        .unwrap_or_default()
        .split('\0')
        .filter_map(|variable| variable.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let status = gathered.file("/proc/self/status").unwrap_or_default();
    let ids = |name: &str| -> Vec<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let words = line.unwrap_or_default().split_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    };
    let (users, groups) = (ids("Uid:"), ids("Gid:"));
    for (kind, ids) in [("user", &users), ("group", &groups)] {
        if let [real, effective, ..] = ids[..] {
            facts.insert(format!("real_{kind}_id"), real.into());
            facts.insert(format!("effective_{kind}_id"), effective.into());
        }
    }
    let effective = users.get(1).map(ToString::to_string).unwrap_or_default();
    let passwd = gathered.file("/etc/passwd").unwrap_or_default();
    let entry = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.len() >= 7 && fields[2] == effective);
    match entry {
        Some(fields) => {
            facts.insert("user_id".into(), fields[0].into());
            facts.insert("user_gecos".into(), fields[4].into());
            facts.insert("user_dir".into(), fields[5].into());
            facts.insert("user_shell".into(), fields[6].into());
        }
        // A user of a directory service; the login said this much.
        None => {
            for (fact, variable) in [
                ("user_id", "USER"),
                ("user_dir", "HOME"),
                ("user_shell", "SHELL"),
            ] {
                if let Some(value) = environment.get(variable) {
                    facts.insert(fact.into(), value.clone());
                }
            }
        }
    }
    if let Some(user) = users.get(1) {
        facts.insert("user_uid".into(), (*user).into());
    }
    if let Some(group) = groups.get(1) {
        facts.insert("user_gid".into(), (*group).into());
    }
    facts.insert("env".into(), environment.into());
}

//! What a template file is told of itself: `template_path` and its kin.

use super::moment;
use crate::{value::Value, vars::Scope};
use jiff::{Timestamp, tz::TimeZone};
use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// The variables of `scope`, with what Ansible tells the template at `path` of itself; a caller that knows how the
/// playbook names it, and where its text goes, says so above these.
pub(crate) fn about(scope: Scope, path: &Path) -> Scope {
    let full = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let metadata = fs::metadata(path).ok();
    let changed = metadata
        .as_ref()
        .and_then(|metadata| metadata.modified().ok())
        .and_then(|changed| Timestamp::try_from(changed).ok());
    let zone = TimeZone::system();
    let now = Timestamp::now().to_zoned(zone.clone());
    let changed = changed.map_or_else(|| now.clone(), |changed| changed.to_zoned(zone));
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut told: Vec<(&str, Value)> = vec![
        ("template_path", Value::from(path.display().to_string())),
        ("template_fullpath", Value::from(full.display().to_string())),
        ("template_destpath", Value::from(())),
        ("template_host", Value::from(host.trim())),
        (
            "template_uid",
            metadata.map_or_else(Value::default, |metadata| owner(metadata.uid())),
        ),
        ("template_mtime", moment::value(&changed)),
        ("template_run_date", moment::value(&now)),
    ];
    // A user's own text goes before the usual one.
    if !matches!(scope.get("ansible_managed"), Ok(Some(_))) {
        told.push(("ansible_managed", Value::from("Ansible managed")));
    }
    told.into_iter()
        .fold(scope, |scope, (name, value)| scope.with_local(name, value))
}

/// The owner's name, or the number where nobody has it.
fn owner(uid: u32) -> Value {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    });
    name.map_or_else(|| Value::from(uid), Value::from)
}

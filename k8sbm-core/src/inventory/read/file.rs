//! Which reader a source needs.

use super::{ini, list, script, yaml};
use crate::{
    diagnostic::Diagnostic,
    inventory::{Inventory, Origin},
    node::{Reading, TextFile},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{self, Path, PathBuf},
};

/// What a directory may hold beside inventories, by its end.
const IGNORED_ENDS: [&str; 12] = [
    "~", ".orig", ".bak", ".swp", ".retry", ".cfg", ".pyc", ".pyo", ".rpm", ".md", ".txt", ".rst",
];
const IGNORED_NAMES: [&str; 3] = ["host_vars", "group_vars", "vars_plugins"];

/// Reads one source as it was typed.
pub(in crate::inventory) fn read_source(
    inventory: &mut Inventory,
    source: &str,
    reading: &Reading,
) -> Result<(), Diagnostic> {
    let path = Path::new(source);
    if source.contains(',') && !path.exists() {
        return list::read(inventory, source);
    }
    let path = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if !path.exists() {
        return Err(Diagnostic::new(format!("there is no inventory `{source}`"))
            .help("a list of hosts needs a comma, even after a single one: `host,`"));
    }
    let base = if path.is_dir() {
        path.clone()
    } else {
        parent(&path)
    };
    if !inventory.bases.contains(&base) {
        inventory.bases.push(base);
    }
    read_path(inventory, &path, reading)
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn read_path(inventory: &mut Inventory, path: &Path, reading: &Reading) -> Result<(), Diagnostic> {
    if path.is_dir() {
        return read_directory(inventory, path, reading);
    }
    inventory.origins.push(Origin {
        file: path.display().to_string(),
        dir: Some(parent(path)),
    });
    let origin = (inventory.origins.len() - 1) as u32;
    if is_script(path) {
        return script::read(inventory, path, origin);
    }
    let file = TextFile::read(path, &reading.secrets)?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yml" | "yaml" | "json") => yaml::read(inventory, reading.variables(&file)?, origin),
        Some("ini") => ini::read(inventory, &file.source, origin),
        Some("toml") => Err(Diagnostic::new(format!(
            "`{}`: inventories in TOML cannot be read",
            path.display()
        ))
        .help("write it as YAML or INI")),
        _ if looks_like_yaml(&file.source.text) => {
            yaml::read(inventory, reading.variables(&file)?, origin)
        }
        _ => ini::read(inventory, &file.source, origin),
    }
}

fn read_directory(
    inventory: &mut Inventory,
    path: &Path,
    reading: &Reading,
) -> Result<(), Diagnostic> {
    let failed = |error| Diagnostic::new(format!("cannot list `{}`: {error}", path.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        names.push(
            entry
                .map_err(failed)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort_unstable();
    for name in names.iter().filter(|name| !is_ignored(name)) {
        read_path(inventory, &path.join(name), reading)?;
    }
    Ok(())
}

fn is_ignored(name: &str) -> bool {
    name.starts_with('.')
        || IGNORED_NAMES.contains(&name)
        || IGNORED_ENDS.iter().any(|end| name.ends_with(end))
}

/// A script is executable and looks like a program; some file systems make every file executable.
fn is_script(path: &Path) -> bool {
    let executable = fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o111 != 0);
    executable
        && fs::read(path)
            .is_ok_and(|bytes| bytes.starts_with(b"#!") || bytes.iter().take(1024).any(|b| *b == 0))
}

/// Whether a file without a telling name starts like YAML: `---`, `{`, or `key:`.
fn looks_like_yaml(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let Some(line) = lines.next() else {
        return false;
    };
    let key = line
        .split_once(':')
        .filter(|(_, after)| after.is_empty() || after.starts_with(' '));
    line == "---"
        || line.starts_with('{')
        || key.is_some_and(|(key, _)| !key.contains([' ', '[', '=']))
}

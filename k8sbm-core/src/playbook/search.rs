//! Where files and roles are looked for.

use super::{Context, files::tidy};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::Span,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

pub(super) const ENDINGS: [&str; 3] = ["yml", "yaml", "json"];

/// The first of these files that exists.
///
/// # Errors
/// Names the places that were searched.
pub(super) fn file(name: &str, span: &Span, places: Vec<PathBuf>) -> Result<PathBuf, Diagnostic> {
    if let Some(found) = places.iter().find(|path| path.is_file()) {
        return Ok(tidy(found));
    }
    let mut error = Diagnostic::new(format!("there is no file `{name}`")).label(span, "");
    let mut searched: Vec<PathBuf> = places.iter().map(|path| tidy(path)).collect();
    searched.dedup();
    for path in &searched {
        error = error.note(format!("searched {}", path.display()));
    }
    let beside: Vec<String> = searched
        .iter()
        .filter_map(|path| path.parent())
        .flat_map(names_in)
        .collect();
    let last = Path::new(name)
        .file_name()
        .map_or_else(String::new, |last| last.to_string_lossy().into_owned());
    let stems = beside.iter().filter_map(|name| name.rsplit_once('.'));
    let stems = stems.map(|(stem, _)| stem).filter(|_| !last.contains('.'));
    let names = beside.iter().map(String::as_str).chain(stems);
    Err(match nearest(&last, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// Where a file of tasks (or, in `handlers`, of handlers) can be.
pub(super) fn task_files(name: &str, kind: &str, context: &Context) -> Vec<PathBuf> {
    let mut places = vec![context.directory.join(name)];
    if let Some(role) = &context.role {
        places.push(role.path.join(kind).join(name));
        places.push(role.path.join(name));
    }
    places.push(context.playbook.join(name));
    places.push(context.playbook.join(kind).join(name));
    let mut distinct: Vec<PathBuf> = Vec::new();
    for place in places {
        if !distinct.contains(&place) {
            distinct.push(place);
        }
    }
    distinct
}

pub(super) fn with_endings(path: &Path) -> Vec<PathBuf> {
    let ended = |ending| PathBuf::from(format!("{}.{ending}", path.display()));
    ENDINGS.iter().map(ended).collect()
}

/// The visible names in a directory, sorted.
pub(super) fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !name.ends_with('~'))
        .collect();
    names.sort_unstable();
    names
}

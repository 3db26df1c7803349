//! Where files and roles are looked for.

use super::{Context, Loader, files::tidy};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::Span,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const ENDINGS: [&str; 3] = ["yml", "yaml", "json"];

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

/// The directory of a role.
pub(super) struct RoleDirectory {
    /// The name to call it by.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// The collection it belongs to.
    pub(super) collection: Option<String>,
}

impl Loader {
    /// Finds a role: in collections, beside the playbook, in the configured directories, beside the role that asks.
    pub(super) fn find_role(
        &self,
        name: &str,
        span: &Span,
        context: &Context,
        beside: Option<&Path>,
    ) -> Result<RoleDirectory, Diagnostic> {
        if let Some(found) = self.role_of_collection(name, context) {
            return Ok(found);
        }
        let mut places = vec![context.playbook.join("roles")];
        places.extend(self.roles_path.iter().cloned());
        places.extend(beside.map(Path::to_owned));
        places.push(context.playbook.clone());
        let paths = places.iter().map(|place| place.join(name));
        if let Some(path) = paths.into_iter().find(|path| path.is_dir()) {
            let name = match Path::new(name).file_name() {
                Some(last) if name.contains('/') => last.to_string_lossy().into_owned(),
                _ => name.to_owned(),
            };
            return Ok(RoleDirectory {
                name,
                path: tidy(&path),
                collection: None,
            });
        }
        let mut error = Diagnostic::new(format!("there is no role `{name}`")).label(span, "");
        let known: Vec<String> = places.iter().flat_map(|place| names_in(place)).collect();
        for place in &places {
            error = error.note(format!("searched {}", tidy(place).display()));
        }
        Err(match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if name.matches('.').count() == 2 => error.help(
                "no collection with it is installed; give its directory with `collections_path`",
            ),
            None => error,
        })
    }

    fn role_of_collection(&self, name: &str, context: &Context) -> Option<RoleDirectory> {
        let full = name.matches('.').count() >= 2 && !name.contains('/');
        let names = full.then(|| name.to_owned()).into_iter().chain(
            context
                .collections
                .iter()
                .map(|collection| format!("{collection}.{name}")),
        );
        for full in names {
            let mut parts = full.splitn(3, '.');
            let (space, collection, role) = (parts.next()?, parts.next()?, parts.next());
            let Some(role) = role else { continue };
            let below = Path::new("ansible_collections")
                .join(space)
                .join(collection)
                .join("roles")
                .join(role.replace('.', "/"));
            let found = self
                .collections_path
                .iter()
                .map(|path| path.join(&below))
                .find(|path| path.is_dir());
            if let Some(path) = found {
                return Some(RoleDirectory {
                    collection: Some(format!("{space}.{collection}")),
                    name: full,
                    path: tidy(&path),
                });
            }
        }
        None
    }

    /// Finds a playbook of a collection.
    pub(super) fn playbook_of_collection(&self, name: &str) -> Option<PathBuf> {
        let (space, rest) = name.split_once('.')?;
        let (collection, playbook) = rest.split_once('.')?;
        let below = Path::new("ansible_collections")
            .join(space)
            .join(collection)
            .join("playbooks")
            .join(playbook);
        self.collections_path
            .iter()
            .flat_map(|path| with_endings(&path.join(&below)))
            .find(|path| path.is_file())
    }
}

/// The main file of a role's folder (`tasks`, `vars`, ...), or the one that `tasks_from` and the like name.
pub(super) fn role_file(folder: &Path, from: Option<&str>) -> Option<PathBuf> {
    let path = folder.join(from.unwrap_or("main"));
    let plain = std::iter::once(path.clone());
    let mut places: Vec<PathBuf> = if from.is_some() {
        plain.chain(with_endings(&path)).collect()
    } else {
        with_endings(&path).into_iter().chain(plain).collect()
    };
    places.retain(|path| path.is_file());
    places.into_iter().next()
}

/// The files of variables of a role's folder: the main file, or else all in a directory of its name, in order.
pub(super) fn variable_files(folder: &Path, from: Option<&str>) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = role_file(folder, from).into_iter().collect();
    let directory = folder.join(from.unwrap_or("main"));
    if files.is_empty() && directory.is_dir() {
        below(&directory, &mut files);
    }
    files
}

fn below(directory: &Path, files: &mut Vec<PathBuf>) {
    for name in names_in(directory) {
        let path = directory.join(&name);
        if path.is_dir() {
            below(&path, files);
        } else if ENDINGS
            .iter()
            .any(|ending| name.ends_with(&format!(".{ending}")))
        {
            files.push(path);
        }
    }
}

fn with_endings(path: &Path) -> Vec<PathBuf> {
    let ended = |ending| PathBuf::from(format!("{}.{ending}", path.display()));
    ENDINGS.iter().map(ended).collect()
}

/// The visible names in a directory, sorted.
fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !name.ends_with('~'))
        .collect();
    names.sort_unstable();
    names
}

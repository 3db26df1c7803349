//! Where roles and their files are looked for.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Node, Span},
    playbook::{
        Context, Loader,
        files::tidy,
        language::switch,
        role::RoleCall,
        search::{self, ENDINGS, names_in, with_endings},
    },
};
use std::path::{Path, PathBuf};

/// The directory of a role.
pub(in crate::playbook) struct RoleDirectory {
    /// The name to call it by.
    pub(in crate::playbook) name: String,
    /// Where it is.
    pub(in crate::playbook) path: PathBuf,
    /// The collection it belongs to.
    pub(in crate::playbook) collection: Option<String>,
}

impl RoleDirectory {
    /// Looks whether the files that a call names are there.
    pub(in crate::playbook) fn has_files_of(&self, call: &RoleCall) -> Result<(), Diagnostic> {
        for (folder, name) in [
            ("tasks", &call.tasks_from),
            ("vars", &call.vars_from),
            ("defaults", &call.defaults_from),
            ("handlers", &call.handlers_from),
        ] {
            let Some(name) = name else { continue };
            let folder = self.path.join(folder);
            if role_file(&folder, Some(name)).is_none() && !folder.join(name).is_dir() {
                search::file(name, &call.span, vec![folder.join(name)])?;
            }
        }
        Ok(())
    }
}

impl Loader {
    /// Looks whether the role of an `include_role`, and the files that its options name, are there.
    ///
    /// # Errors
    /// Names the places that were searched.
    pub fn knows_role(
        &self,
        name: &str,
        options: &Node,
        span: &Span,
        context: &Context,
    ) -> Result<(), Diagnostic> {
        let rescuable = options.get("rescuable").and_then(switch);
        if rescuable == Some(false) {
            return Ok(()); // what is missing ends the play
        }
        let directory = self.find_role(name, span, context)?;
        directory.has_files_of(&RoleCall::included(name, span, options))
    }

    /// Finds a role: in collections, beside the playbook, in the configured directories, beside the role that asks.
    pub(in crate::playbook) fn find_role(
        &self,
        name: &str,
        span: &Span,
        context: &Context,
    ) -> Result<RoleDirectory, Diagnostic> {
        let beside = context.role.as_ref().and_then(|role| role.path.parent());
        if let Some(found) = self.role_of_collection(name, context) {
            return Ok(found);
        }
        let mut places = vec![context.playbook.join("roles")];
        places.extend(self.roles_path.iter().cloned());
        places.extend(beside.map(Path::to_owned));
        places.push(context.playbook.clone());
        let paths = places.iter().map(|place| place.join(name));
        if let Some(path) = paths.into_iter().find(|path| path.is_dir()) {
            return Ok(RoleDirectory {
                name: name.to_owned(),
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
            None => match above(&context.playbook, name) {
                Some(roles) => error.help(format!(
                    "it is in `{}`: say so with `roles_path` in ansible.cfg",
                    roles.display()
                )),
                None => error,
            },
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
    pub(in crate::playbook) fn playbook_of_collection(&self, name: &str) -> Option<PathBuf> {
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
pub(in crate::playbook) fn role_file(folder: &Path, from: Option<&str>) -> Option<PathBuf> {
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
pub(in crate::playbook) fn variable_files(folder: &Path, from: Option<&str>) -> Vec<PathBuf> {
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

/// The `roles` folder above a playbook that has a role.
fn above(playbook: &Path, name: &str) -> Option<PathBuf> {
    let playbook = std::path::absolute(playbook).ok()?;
    let folders = playbook.ancestors().skip(1).map(|it| it.join("roles"));
    folders.into_iter().find(|roles| roles.join(name).is_dir())
}

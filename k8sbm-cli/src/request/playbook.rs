//! Which playbooks are meant.

use crate::trouble::Trouble;
use std::path::{Path, PathBuf};

/// Checks that all playbooks exist.
///
/// # Errors
/// When one does not.
pub fn check(playbooks: &[PathBuf]) -> Result<(), Trouble> {
    for path in playbooks {
        if path.is_dir() {
            let trouble = Trouble::new(format!("`{}` is a directory", path.display()));
            return Err(trouble.help("name a playbook in it"));
        }
        if !path.exists() {
            let trouble = Trouble::new(format!("there is no playbook `{}`", path.display()));
            return Err(match beside(path) {
                Some(near) => trouble.help(format!("did you mean `{}`?", near.display())),
                None => trouble,
            });
        }
    }
    Ok(())
}

/// The file beside it whose name is nearest.
fn beside(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let read = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let names: Vec<String> = std::fs::read_dir(read)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let typed = path.file_name()?.to_str()?;
    let near = k8sbm_core::diagnostic::nearest(typed, names.iter().map(String::as_str))?;
    Some(folder.join(near))
}

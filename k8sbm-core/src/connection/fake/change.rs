//! Changes of files in memory.

use super::tree::{Content, Tree, parent};
use crate::host::{Attributes, FileChange};
use sha2::Digest as _;

/// Makes `change`, or says why not.
pub(super) fn apply(tree: &mut Tree, change: FileChange) -> Result<(), String> {
    match change {
        FileChange::Write {
            path,
            content,
            attributes,
            backup,
            ..
        } => write(tree, &path, content, &attributes, backup),
        FileChange::Upload {
            from,
            size,
            sha256,
            path,
            attributes,
        } => {
            let content = std::fs::read(&from).map_err(|error| error.to_string())?;
            let found = hex::encode(sha2::Sha256::digest(&content));
            if content.len() as u64 != size || found != sha256 {
                return Err(format!(
                    "what arrived has the checksum {found}, not {sha256}"
                ));
            }
            write(tree, &path, content, &attributes, None)
        }
        FileChange::Copy {
            from,
            path,
            attributes,
            backup,
            ..
        } => {
            let from = tree.resolve(&from, true)?;
            match tree.get(&from).map(|entry| entry.content.clone()) {
                Some(Content::File(bytes)) => {
                    write(tree, &path, bytes.to_vec(), &attributes, backup)
                }
                Some(_) => Err(format!("{from} is not a regular file")),
                None => Err(format!("{from}: no such file or directory")),
            }
        }
        FileChange::Attributes {
            path,
            attributes,
            follow,
            recursive,
        } => {
            let path = tree.resolve(&path, follow)?;
            let mut paths = if recursive { tree.below(&path) } else { vec![] };
            paths.push(path);
            paths
                .iter()
                .try_for_each(|path| set(tree, path, &attributes))
        }
        FileChange::MakeDirectory { path, attributes } => {
            let path = tree.resolve(&path, true)?;
            let mut missing = vec![&path[..]];
            while let Some(above) = missing.last().and_then(|path| parent(path))
                && tree.get(above).is_none()
            {
                missing.push(above);
            }
            for path in missing.into_iter().rev() {
                match tree.get(path).map(|entry| &entry.content) {
                    None => drop(tree.put(path, Content::Directory)),
                    Some(Content::Directory) => {}
                    Some(_) => return Err(format!("{path}: file exists")),
                }
                set(tree, path, &attributes)?;
            }
            Ok(())
        }
        FileChange::SymbolicLink { path, target } => {
            let path = tree.resolve(&path, false)?;
            free(tree, &path)?;
            tree.put(&path, Content::Link(target));
            Ok(())
        }
        FileChange::HardLink { path, target } => {
            let path = tree.resolve(&path, false)?;
            let target = tree.resolve(&target, false)?;
            free(tree, &path)?;
            let other = tree.get(&target).cloned();
            let other = other.ok_or(format!("{target}: no such file or directory"))?;
            let entry = tree.put(&path, other.content);
            (entry.mode, entry.owner, entry.group) = (other.mode, other.owner, other.group);
            Ok(())
        }
        FileChange::Touch { path, .. } => {
            let path = tree.resolve(&path, true)?;
            if tree.get(&path).is_none() {
                free(tree, &path)?;
                tree.put(&path, Content::File([].into()));
            }
            Ok(())
        }
        FileChange::Remove { path } => {
            let path = tree.resolve(&path, false)?;
            tree.remove(&path);
            Ok(())
        }
    }
}

fn write(
    tree: &mut Tree,
    path: &str,
    content: Vec<u8>,
    attributes: &Attributes,
    backup: Option<String>,
) -> Result<(), String> {
    let path = tree.resolve(path, true)?;
    free(tree, &path)?;
    if let Some(old) = tree.get(&path)
        && let Some(backup) = backup
    {
        let old = old.content.clone();
        tree.put(&backup, old);
    }
    tree.put(&path, Content::File(content.into()));
    set(tree, &path, attributes)
}

/// Whether a file or link may be put there.
fn free(tree: &Tree, path: &str) -> Result<(), String> {
    if let Some(Content::Directory) = tree.get(path).map(|entry| &entry.content) {
        return Err(format!("{path} is a directory"));
    }
    let directory = parent(path).unwrap_or("/");
    match tree.get(directory).map(|entry| &entry.content) {
        Some(Content::Directory) => Ok(()),
        Some(_) => Err(format!("{directory}: not a directory")),
        None => Err(format!("the directory {directory} does not exist")),
    }
}

fn set(tree: &mut Tree, path: &str, attributes: &Attributes) -> Result<(), String> {
    let entry = tree
        .get_mut(path)
        .ok_or_else(|| format!("{path}: no such file or directory"))?;
    if let Some(mode) = &attributes.mode {
        entry.mode = mode.apply(entry.mode, matches!(entry.content, Content::Directory));
    }
    if let Some(owner) = &attributes.owner {
        entry.owner.clone_from(owner);
    }
    if let Some(group) = &attributes.group {
        entry.group.clone_from(group);
    }
    Ok(())
}

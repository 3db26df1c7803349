//! Files that are replaced whole.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};
use tempfile::NamedTempFile;

/// Writes beside the file and renames, so that it is either old or new. Its mode stays, a new file is its owner's, and a
/// link stays one.
///
/// # Errors
/// When the file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut beside = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    beside.write_all(bytes)?;
    if let Ok(known) = fs::metadata(&path) {
        beside.as_file().set_permissions(known.permissions())?;
    }
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    Ok(())
}

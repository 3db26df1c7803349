//! Passwords from files, programs and the terminal.

use crate::trouble::Trouble;
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

/// The password that a file holds, or that a program prints.
///
/// # Errors
/// When it cannot be read, or is empty.
pub fn from_file(path: &Path) -> Result<String, Trouble> {
    let failed = |why: &dyn std::fmt::Display| {
        Trouble::new(format!(
            "cannot read a password from `{}`: {why}",
            path.display()
        ))
    };
    let executable = fs::metadata(path)
        .map_err(|error| failed(&error))?
        .permissions()
        .mode()
        & 0o111
        != 0;
    let text = if executable {
        let absolute = fs::canonicalize(path).map_err(|error| failed(&error))?;
        let output = Command::new(absolute)
            .output()
            .map_err(|error| failed(&error))?;
        if !output.status.success() {
            return Err(failed(&output.status));
        }
        String::from_utf8(output.stdout).map_err(|error| failed(&error))?
    } else {
        fs::read_to_string(path).map_err(|error| failed(&error))?
    };
    let password = text.trim_matches(['\r', '\n', ' ', '\t']);
    if password.is_empty() {
        return Err(failed(&"it is empty"));
    }
    Ok(password.to_owned())
}

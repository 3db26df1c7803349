//! `group_vars` and `host_vars`.

use crate::{
    diagnostic::Diagnostic,
    node::{Node, Reading},
};
use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

/// The ends of the names of files of variables, in the order in which they are looked for.
const ENDS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// What the variables of a directory are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VarsKind {
    /// `group_vars`.
    Group,
    /// `host_vars`.
    Host,
}

impl VarsKind {
    fn directory(self) -> &'static str {
        match self {
            Self::Group => "group_vars",
            Self::Host => "host_vars",
        }
    }
}

/// A `group_vars` or `host_vars` directory, listed once, so that asking it for a host without
/// variables costs no look at the disk.
#[derive(Clone, Debug)]
pub struct VarsDir {
    path: PathBuf,
    names: HashSet<String>,
}

impl VarsDir {
    /// Lists the directory beside an inventory or a playbook; it need not exist.
    pub fn open(base: &Path, kind: VarsKind) -> Result<Self, Diagnostic> {
        let path = base.join(kind.directory());
        let names = match list(&path) {
            Ok(names) => names.into_iter().collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => HashSet::new(),
            Err(error) => return Err(cannot_list(&path, &error)),
        };
        Ok(Self { path, names })
    }

    /// Reads the variables of a group or host: the directory `name/` or the file `name`, else
    /// `name.yml`, `name.yaml` or `name.json`. Each file is a mapping; a later one wins.
    pub fn read(&self, name: &str, reading: &Reading) -> Result<Vec<(PathBuf, Node)>, Diagnostic> {
        let mut found = Vec::new();
        if let Some(file) = ENDS
            .iter()
            .map(|end| format!("{name}{end}"))
            .find(|file| self.names.contains(file))
        {
            let path = self.path.join(file);
            if path.is_dir() {
                collect(&path, &mut found)?;
            } else {
                found.push(path);
            }
        }
        let mut files = Vec::new();
        for path in found {
            let node = reading.variables_in(&path)?;
            if node.is_null() {
                continue;
            }
            if node.as_map().is_none() {
                let error = Diagnostic::new(format!(
                    "variables must be a mapping, not {}",
                    node.describe()
                ));
                return Err(error.label(&node.span.first_line(), ""));
            }
            files.push((path, node));
        }
        Ok(files)
    }
}

/// Reads the variables of one group or host; see [`VarsDir`] for many.
pub fn read_vars_dir(
    base: &Path,
    kind: VarsKind,
    name: &str,
    reading: &Reading,
) -> Result<Vec<(PathBuf, Node)>, Diagnostic> {
    VarsDir::open(base, kind)?.read(name, reading)
}

/// The files below a directory in the order of their names; hidden files and backups are not read.
fn collect(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    let mut names = list(directory).map_err(|error| cannot_list(directory, &error))?;
    names.sort_unstable();
    for name in names
        .iter()
        .filter(|name| !name.starts_with('.') && !name.ends_with('~'))
    {
        let path = directory.join(name);
        let end = path
            .extension()
            .map_or(String::new(), |end| format!(".{}", end.to_string_lossy()));
        if path.is_dir() && end.is_empty() {
            collect(&path, found)?;
        } else if path.is_file() && ENDS.contains(&end.as_str()) {
            found.push(path);
        }
    }
    Ok(())
}

fn list(directory: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(directory)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

fn cannot_list(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::new(format!("cannot list `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{self, VaultSecrets};

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let base = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = base.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        base
    }

    fn read(
        base: &tempfile::TempDir,
        kind: VarsKind,
        name: &str,
    ) -> Result<Vec<String>, Diagnostic> {
        let reading = Reading::from(VaultSecrets::new().with("", "pw"));
        let files = read_vars_dir(base.path(), kind, name, &reading)?;
        Ok(files
            .iter()
            .map(|(path, node)| {
                format!(
                    "{} {}",
                    path.strip_prefix(base).unwrap().display(),
                    node.to_json()
                )
            })
            .collect())
    }

    #[test]
    fn files_and_directories() {
        let sealed = vault::seal(b"secret: 1", b"pw", None);
        let base = tree(&[
            ("group_vars/all/10-b.yml", "b: 1"),
            ("group_vars/all/02-a.yaml", "a: 1"),
            ("group_vars/all/deep/x", "x: 1"),
            ("group_vars/all/empty.yml", "# nothing\n"),
            ("group_vars/all/.hidden.yml", "no: 1"),
            ("group_vars/all/old.yml~", "no: 1"),
            ("group_vars/all/notes.txt", "no: 1"),
            ("group_vars/all.yml", "not: read"),
            ("group_vars/web.json", "{\"json\": [1]}"),
            ("host_vars/web1", "plain: 1"),
            ("host_vars/web2.yml", &sealed),
        ]);
        let all = [
            "group_vars/all/02-a.yaml {\"a\":1}",
            "group_vars/all/10-b.yml {\"b\":1}",
            "group_vars/all/deep/x {\"x\":1}",
        ];
        assert_eq!(read(&base, VarsKind::Group, "all").unwrap(), all);
        assert_eq!(
            read(&base, VarsKind::Group, "web").unwrap(),
            ["group_vars/web.json {\"json\":[1]}"]
        );
        assert_eq!(
            read(&base, VarsKind::Host, "web1").unwrap(),
            ["host_vars/web1 {\"plain\":1}"]
        );
        assert_eq!(
            read(&base, VarsKind::Host, "web2").unwrap(),
            ["host_vars/web2.yml {\"secret\":1}"]
        );
        assert!(read(&base, VarsKind::Host, "web3").unwrap().is_empty());
        assert!(read(&tree(&[]), VarsKind::Host, "web1").unwrap().is_empty());
    }

    #[test]
    fn mistakes() {
        let base = tree(&[("host_vars/web.yml", "- a\n- b\n")]);
        let error = read(&base, VarsKind::Host, "web").unwrap_err();
        assert_eq!(error.message, "variables must be a mapping, not a list");
        assert_eq!(error.span().unwrap().line_column(), (1, 1));
    }
}

//! Files of a playbook: each is read once.

use super::{reserved, variables};
use crate::{
    diagnostic::Diagnostic,
    node::{Node, Reading, Source, TextFile, load_one},
    vars::{Layer, Level},
};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The files that were read, by path.
#[derive(Debug)]
pub(super) struct Files {
    reading: Reading,
    read: Mutex<HashMap<PathBuf, Result<Arc<Node>, Diagnostic>>>,
    /// Those that are encrypted as a whole.
    sealed: Mutex<HashSet<PathBuf>>,
    layers: Mutex<HashMap<(PathBuf, Level), Arc<Layer>>>,
}

impl Files {
    /// None yet.
    pub(super) fn new(reading: Reading) -> Self {
        Self {
            reading,
            read: Mutex::default(),
            sealed: Mutex::default(),
            layers: Mutex::default(),
        }
    }

    /// The YAML document of a file; an encrypted file is opened.
    pub(super) fn document(&self, path: &Path) -> Result<Arc<Node>, Diagnostic> {
        let path = tidy(path);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(&path) {
            return known.clone();
        }
        let document = self.open(&path).map(Arc::new);
        read.insert(path, document.clone());
        document
    }

    /// Takes a text that stands in no file, under the name that it goes by.
    pub(super) fn put(&self, source: &Arc<Source>) -> PathBuf {
        let path = tidy(Path::new(&source.name));
        let document = load_one(source).map(Arc::new);
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(path.clone(), document);
        path
    }

    /// The variables of a file: a mapping, or a list of mappings.
    pub(super) fn layer(&self, path: &Path, level: Level) -> Result<Arc<Layer>, Diagnostic> {
        let key = (tidy(path), level);
        let document = self.document(path)?;
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = layers.get(&key) {
            return Ok(known.clone());
        }
        let sealed = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
        if sealed.contains(&key.0) {
            self.reading.secrets.hidden.add_file(&document);
        }
        let label = key.0.display().to_string();
        let layer = Arc::new(variables::of_document(&document, level, &label)?);
        reserved(&layer).for_each(|warning| self.reading.warnings.add(warning));
        layers.insert(key, layer.clone());
        Ok(layer)
    }

    fn open(&self, path: &Path) -> Result<Node, Diagnostic> {
        let file = TextFile::read(path, &self.reading.secrets)?;
        if file.secret {
            let mut sealed = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
            sealed.insert(path.to_owned());
        }
        self.reading.document(&file)
    }
}

/// The path without `.` in it.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let tidy: PathBuf = path
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect();
    if tidy.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        tidy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{self, VaultSecrets};
    use std::fs;

    #[test]
    fn a_file_is_read_once_and_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.yml");
        fs::write(&path, vault::seal(b"a: 1\n", b"geheim", None)).unwrap();
        let files = Files::new(VaultSecrets::new().with("", "geheim").into());
        let first = files.document(&path).unwrap();
        assert_eq!(first.get("a").unwrap().to_text().unwrap(), "1");
        fs::write(&path, "a: 2\n").unwrap();
        assert!(Arc::ptr_eq(&first, &files.document(&path).unwrap()));
        let dotted = dir.path().join("./a.yml");
        assert!(Arc::ptr_eq(&first, &files.document(&dotted).unwrap()));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(Reading::default());
        let path = dir.path().join("none.yml");
        let error = files.document(&path).unwrap_err();
        assert!(error.message.ends_with("none.yml`: no such file"));
        let sealed = dir.path().join("sealed.yml");
        fs::write(&sealed, vault::seal(b"a: 1\n", b"geheim", None)).unwrap();
        let error = files.document(&sealed).unwrap_err();
        assert!(error.message.contains("no vault password"), "{error}");
    }
}

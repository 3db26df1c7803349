//! What the engine itself sets.

use super::Names;
use crate::{template::Compat, value::Value};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

/// Magic values of a run, a play or a role; a lookup falls through to the parent.
#[derive(Debug, Default)]
pub struct Magic {
    parent: Option<Arc<Self>>,
    values: Names<Slot>,
}

#[derive(Debug)]
enum Slot {
    Fixed(Value),
    /// What changes while it is used, such as the hosts that still take part.
    Live(RwLock<Value>),
}

impl Magic {
    /// None yet, above those of `parent`.
    pub fn new(parent: Option<Arc<Self>>) -> Self {
        Self {
            parent,
            values: Names::new(),
        }
    }

    /// Sets one, such as `role_name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.into(), Slot::Fixed(value.into()));
        self
    }

    /// Sets one that can be put anew.
    #[must_use]
    pub fn with_live(mut self, name: &str, value: impl Into<Value>) -> Self {
        let slot = Slot::Live(RwLock::new(value.into()));
        self.values.insert(name.into(), slot);
        self
    }

    /// Puts a live value anew, for all who hold this.
    pub fn put(&self, name: &str, value: Value) {
        if let Some(Slot::Live(slot)) = self.values.get(name) {
            *slot.write().unwrap_or_else(PoisonError::into_inner) = value;
        }
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<Value> {
        match self.values.get(name) {
            Some(Slot::Fixed(value)) => Some(value.clone()),
            Some(Slot::Live(slot)) => {
                Some(slot.read().unwrap_or_else(PoisonError::into_inner).clone())
            }
            None => self.parent.as_ref()?.get(name),
        }
    }

    /// All names that are set.
    pub fn names(&self) -> Vec<Arc<str>> {
        let mut names = self
            .parent
            .as_ref()
            .map(|parent| parent.names())
            .unwrap_or_default();
        names.extend(self.values.keys().cloned());
        names
    }
}

/// The `ansible_version` that playbooks are told, whose language this engine speaks.
pub fn ansible_version(compat: Compat) -> Value {
    let minor = match compat {
        Compat::V2_18 => 18,
        Compat::V2_19 => 21,
    };
    let full = Value::from(format!("2.{minor}.0"));
    Value::from_pairs([
        ("full", full.clone()),
        ("major", Value::from(2)),
        ("minor", Value::from(minor)),
        ("revision", Value::from(0)),
        ("string", full),
    ])
}

/// A path as magic variables give it: from the root, so that it means the same wherever it is used.
pub(crate) fn absolute(path: &Path) -> String {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    // What is left of `.` and the like says nothing.
    let tidy: PathBuf = absolute.components().collect();
    tidy.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_magic_variables_start_at_the_root() {
        let here = std::env::current_dir().unwrap();
        for (given, means) in [
            ("", here.clone()),
            (".", here.clone()),
            ("a/./b", here.join("a/b")),
        ] {
            assert_eq!(absolute(Path::new(given)), means.display().to_string());
        }
        assert_eq!(absolute(Path::new("/x/y")), "/x/y");
    }
}

//! The artefacts of an inventory.

use super::Artifact;
use indexmap::IndexMap;
use k8sbm_core::{
    diagnostic::nearest,
    task::{Error, Result},
};
use serde_json::Value as Json;

/// The artefacts of an inventory by name: the variable `artifacts`.
#[derive(Clone, Debug, Default)]
pub struct Lock(IndexMap<String, Artifact>);

impl Lock {
    /// The variable that holds it.
    pub const VARIABLE: &'static str = "artifacts";

    /// Reads the variable's value.
    ///
    /// # Errors
    /// With the name of the artefact that cannot be read, or that two of them would be the same file.
    pub fn read(value: &Json) -> Result<Self> {
        let entries = value
            .as_object()
            .ok_or_else(|| Error::arguments("`artifacts` is no mapping of names to artefacts"))?;
        let mut lock = IndexMap::with_capacity(entries.len());
        let mut files = IndexMap::new();
        for (name, entry) in entries {
            let artifact = Self::entry(name, entry)?;
            let file = (artifact.kind.folder(), artifact.file_name());
            if let Some(other) = files.insert(file, (name, artifact.sha256.clone()))
                && other.1 != artifact.sha256
            {
                return Err(Error::arguments(format!(
                    "`{}` and `{name}` would be the same file in a directory",
                    other.0
                ))
                .hint("name one of them with `file`"));
            }
            lock.insert(name.clone(), artifact);
        }
        Ok(Self(lock))
    }

    /// Reads one entry.
    ///
    /// # Errors
    /// With its name.
    pub fn entry(name: &str, value: &Json) -> Result<Artifact> {
        let artifact: Artifact = serde_json::from_value(value.clone())
            .map_err(|error| Error::arguments(format!("the artefact `{name}`: {error}")))?;
        artifact
            .check()
            .map_err(|error| error.context(format_args!("the artefact `{name}`")))?;
        Ok(artifact)
    }

    /// Names and artefacts, in the lock's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Artifact)> {
        self.0
            .iter()
            .map(|(name, artifact)| (name.as_str(), artifact))
    }

    /// Those of these names; all, where none is named.
    #[must_use]
    pub fn only(self, names: &[String]) -> Self {
        let wanted = |name: &String| names.is_empty() || names.contains(name);
        Self(
            self.0
                .into_iter()
                .filter(|(name, _)| wanted(name))
                .collect(),
        )
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The error for a name that the lock has not.
pub(crate) fn unknown(name: &str, lock: Option<&Json>) -> Error {
    let names = lock.and_then(Json::as_object);
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        return Error::failed(format!("there is no artefact `{name}`: nothing is locked"))
            .hint("list it under `artifacts` in the inventory's group_vars/all/lock.yml");
    };
    let hint = match nearest(name, names.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "list it under `artifacts` in the inventory's lock".into(),
    };
    Error::failed(format!("there is no artefact `{name}` in the lock")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_that_cannot_be_read_is_named() {
        let why = |json: Json| Lock::read(&json).unwrap_err().message;
        assert_eq!(
            why(json!({"etcd": {"urll": "x"}})),
            "the artefact `etcd`: unknown field `urll`, expected one of `kind`, `version`, `url`, `sha256`, `file`, `member`, `image`"
        );
        assert_eq!(
            why(json!({"etcd": {"sha256": "x", "file": "etcd"}})),
            "the artefact `etcd`: `x` is no SHA-256"
        );
        assert_eq!(
            why(json!({"a": {"file": "x", "sha256": "0".repeat(64)}, "b": {"file": "x"}})),
            "`a` and `b` would be the same file in a directory"
        );
        assert_eq!(
            why(json!([])),
            "`artifacts` is no mapping of names to artefacts"
        );
    }

    #[test]
    fn a_name_that_is_not_locked_is_told_with_the_nearest() {
        let lock = json!({"kubeadm": {}, "kubelet": {}});
        let error = unknown("kubeadmm", Some(&lock));
        assert_eq!(error.hint.unwrap(), "did you mean `kubeadm`?");
        assert_eq!(
            unknown("x", None).message,
            "there is no artefact `x`: nothing is locked"
        );
    }
}

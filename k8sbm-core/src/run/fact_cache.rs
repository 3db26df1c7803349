//! Facts that are kept between runs, in the files that Ansible's cache `jsonfile` keeps them in.

use super::{desk::write_beside, shared::Shared};
use crate::{
    event::Event,
    value,
    vars::{Facts, HostVars},
};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

/// Which plays gather facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gathering {
    /// All that do not say that they do not.
    #[default]
    Implicit,
    /// Those that say so.
    Explicit,
    /// As `Implicit`, but only for hosts whose facts are not known: from an earlier play, or kept from an earlier run.
    Smart,
}

/// Where facts are kept between runs.
#[derive(Clone, Debug)]
pub struct FactCache {
    /// The directory: a file for each host.
    pub directory: PathBuf,
    /// What the names of the files begin with, before the name of the host.
    pub prefix: String,
    /// How long facts are good; for ever where there is nothing.
    pub lifetime: Option<Duration>,
    /// Forgets all that is kept of the hosts of the inventory when the run begins.
    pub flush: bool,
}

impl FactCache {
    fn path(&self, host: &str) -> PathBuf {
        let unsafe_name = ["/", "..", "<", ">", "|"]
            .iter()
            .any(|it| host.contains(it));
        let name = match unsafe_name {
            true => {
                let hash = hex::encode(Sha256::digest(host.as_bytes()));
                hash[..host.len().clamp(12, hash.len())].to_owned()
            }
            false => host.to_owned(),
        };
        self.directory.join(format!("{}{name}", self.prefix))
    }

    /// What is kept of a host, if it is still good.
    fn read(&self, host: &str) -> io::Result<Option<Facts>> {
        let path = self.path(host);
        let written = match fs::metadata(&path) {
            Ok(metadata) => metadata.modified()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let old = |lifetime| written.elapsed().is_ok_and(|age| age > lifetime);
        if self.lifetime.is_some_and(old) {
            return Ok(None);
        }
        let facts: Map<String, Json> = serde_json::from_slice(&fs::read(&path)?)?;
        let facts = facts
            .into_iter()
            .map(|(name, fact)| (name.into(), value::from_json(fact)));
        Ok(Some(Facts::new(facts)))
    }

    /// Keeps the facts of a host. The file is for who runs this alone: facts may be secrets.
    fn write(&self, host: &str, facts: &Facts) -> io::Result<()> {
        let names = facts.names();
        let facts: Map<String, Json> = names
            .iter()
            .filter_map(|name| Some((name.to_string(), value::to_json(&facts.get(name)?))))
            .collect();
        let text = Json::Object(facts).to_string();
        write_beside(&self.path(host), text.as_bytes(), true)
    }

    fn forget(&self, host: &str) -> io::Result<()> {
        match fs::remove_file(self.path(host)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Shared {
    /// Gives all hosts of the inventory the facts that are kept of them.
    pub fn recall_all(&self) {
        let Some(cache) = &self.options.fact_cache else {
            return;
        };
        for name in self.store.host_names() {
            if cache.flush {
                self.told("forget", &name, cache.forget(&name));
            } else if let Some(host) = self.store.host_named(&name) {
                self.recall(&host);
            }
        }
    }

    /// Gives a host the facts that are kept of it.
    pub fn recall(&self, host: &Arc<HostVars>) {
        if let Some(cache) = &self.options.fact_cache
            && let Some(Some(facts)) = self.told("read", &host.name, cache.read(&host.name))
        {
            host.set_facts(Some(Arc::new(facts)));
        }
    }

    /// Keeps the facts of a host as they are now.
    pub fn keep_facts(&self, host: &HostVars) {
        let Some(cache) = &self.options.fact_cache else {
            return;
        };
        match host.facts() {
            Some(facts) => self.told("keep", &host.name, cache.write(&host.name, &facts)),
            None => self.told("forget", &host.name, cache.forget(&host.name)),
        };
    }

    fn told<T>(&self, what: &str, host: &str, done: io::Result<T>) -> Option<T> {
        done.inspect_err(|error| {
            self.tell(Event::Warning {
                message: format!("{host}: cannot {what} its facts between runs: {error}"),
                place: None,
            });
        })
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(directory: &std::path::Path, lifetime: Option<Duration>) -> FactCache {
        FactCache {
            directory: directory.join("facts"),
            prefix: "k_".into(),
            lifetime,
            flush: false,
        }
    }

    #[test]
    fn facts_come_back_under_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path(), Some(Duration::from_secs(3600)));
        assert!(cache.read("a").unwrap().is_none());
        let facts = Facts::new([
            ("ansible_kernel".into(), value::Value::from("6.1")),
            ("role_version".into(), value::Value::from(2)),
        ]);
        cache.write("a", &facts).unwrap();
        let file = fs::read_to_string(folder.path().join("facts/k_a")).unwrap();
        assert_eq!(file, r#"{"ansible_kernel":"6.1","role_version":2}"#);
        let back = cache.read("a").unwrap().unwrap();
        assert_eq!(back.get("ansible_kernel").unwrap().as_str(), Some("6.1"));
        assert_eq!(back.get("role_version"), Some(value::Value::from(2)));
        cache.forget("a").unwrap();
        cache.forget("a").unwrap();
        assert!(cache.read("a").unwrap().is_none());
    }

    #[test]
    fn old_facts_are_not_read_and_names_stay_in_the_directory() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path(), Some(Duration::ZERO));
        cache.write("a", &Facts::new([])).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        assert!(cache.read("a").unwrap().is_none());
        assert_eq!(cache.path("../x").parent(), Some(&*cache.directory));
    }
}

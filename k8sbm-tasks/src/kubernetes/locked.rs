//! An artefact as a task names it: an entry of the lock, with what the task says itself put before it.

use super::fetching::Fetching;
use crate::artifacts::{Artifact, Fetched, Kind, Lock, Origin, Sources, unknown};
use k8sbm_core::task::{Controller, Error, Probe, Result};
use std::{fmt, sync::Arc};

/// An artefact and where it comes from.
#[derive(Clone)]
pub(crate) struct Locked {
    /// Its name in the lock.
    pub name: String,
    /// What is known of it.
    pub artifact: Artifact,
    sources: Sources,
    controller: Arc<dyn Controller>,
}

impl fmt::Debug for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {:?}", self.title(), self.sources)
    }
}

impl Locked {
    /// The artefact `name`, with what a task `says` of it itself.
    pub(crate) fn find(host: &Probe, name: &str, says: &Artifact) -> Result<Self> {
        let lock = host.controller().variable(Lock::VARIABLE);
        let entry = lock.as_ref().and_then(|lock| lock.get(name));
        let locked = match entry {
            Some(entry) => Lock::entry(name, entry)?,
            None if says.url.is_some() || says.file.is_some() => Artifact::default(),
            None => return Err(unknown(name, lock.as_ref())),
        };
        let locked = Self {
            name: name.to_owned(),
            artifact: merged(locked, says),
            sources: Sources::of(&**host.controller()),
            controller: host.controller().clone(),
        };
        locked
            .artifact
            .check()
            .map_err(|error| locked.told(error))?;
        Ok(locked)
    }

    /// Its name with its version, for people.
    pub(crate) fn title(&self) -> String {
        match &self.artifact.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }

    /// The checksum that it must have. Where the lock has none, it is that of the file in the directory of artefacts.
    pub(crate) async fn sha256(&self) -> Result<String> {
        match &self.artifact.sha256 {
            Some(sha256) => Ok(sha256.to_ascii_lowercase()),
            None => Ok(self.fetch().await?.sha256),
        }
    }

    /// Refuses what a directory has not, or has otherwise, while planning; what is on a server is seen when it is
    /// fetched.
    pub(crate) async fn check(&self) -> Result<()> {
        match self.sources.origin(&self.artifact) {
            Ok(Origin::Url(_)) if self.artifact.sha256.is_some() => Ok(()),
            Ok(_) => self.fetch().await.map(drop),
            Err(error) => Err(self.told(error)),
        }
    }

    /// Whether it is an image that nothing but its registry has.
    pub(crate) fn is_in_registry(&self) -> bool {
        let published = self.artifact.url.is_some() || self.sources.directory.is_some();
        self.artifact.kind == Kind::Image && !published
    }

    /// Whether it need not be fetched.
    pub(crate) fn is_here(&self) -> bool {
        let is_file = matches!(self.sources.origin(&self.artifact), Ok(Origin::File(_)));
        is_file || self.sources.cached(&self.artifact).is_some()
    }

    /// The file on the controller, which has the right checksum.
    pub(crate) async fn fetch(&self) -> Result<Fetched> {
        self.fetch_among(&Fetching::new(&self.controller, 1)).await
    }

    /// Like `fetch`, as one of several whose progress is told together.
    pub(crate) async fn fetch_among(&self, fetching: &Fetching) -> Result<Fetched> {
        let progress = Some(fetching.progress(&self.name));
        let fetched = self.sources.fetch(&self.artifact, progress).await;
        fetching.end(&self.name);
        fetched.map_err(|error| self.told(error))
    }

    /// What a person should know: that a file is taken as it is.
    pub(crate) fn warning(&self) -> Option<String> {
        self.artifact.sha256.is_none().then(|| {
            format!(
                "the artefact {} has no `sha256` in the lock: it is taken as the directory has it",
                self.name
            )
        })
    }

    fn told(&self, error: Error) -> Error {
        error.context(format_args!("the artefact {}", self.title()))
    }
}

fn merged(locked: Artifact, says: &Artifact) -> Artifact {
    let says = says.clone();
    Artifact {
        kind: match says.kind {
            Kind::Binary => locked.kind,
            kind => kind,
        },
        version: says.version.or(locked.version),
        url: says.url.or(locked.url),
        sha256: says.sha256.or(locked.sha256),
        file: says.file.or(locked.file),
        member: says.member.or(locked.member),
        image: says.image.or(locked.image),
    }
}

//! A directory of artefacts, as it is carried to where there is no internet.

use super::{Artifact, Fetched, Lock, Origin, Progress, Sources, file};
use futures::{StreamExt as _, stream};
use k8sbm_core::task::{Error, Result};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How many are fetched at once.
pub(crate) const AT_ONCE: usize = 4;

/// A directory of artefacts.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
}

/// What is told while artefacts are pulled.
#[derive(Debug)]
pub enum News<'a> {
    /// So many bytes have come, of so many if that is known.
    Came(u64, Option<u64>),
    /// It is there; whether it was fetched just now.
    There(&'a Fetched, bool),
    /// It cannot be had.
    Failed(&'a Error),
}

/// Is told what happens to an artefact, by its name.
pub type Tell = Arc<dyn Fn(&str, News<'_>) + Send + Sync>;

/// Tells of the bytes of one artefact.
pub(super) fn progress_of(name: &str, tell: &Tell) -> Progress {
    let (tell, name) = (tell.clone(), name.to_owned());
    Arc::new(move |done, total| tell(&name, News::Came(done, total)))
}

/// How an artefact stands in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is there, and is what the lock says.
    Right(Fetched),
    /// It is there, and the lock has no checksum for it.
    Unlocked(Fetched),
    /// It is there, and is something else.
    Wrong(Fetched),
    /// It is not there; here it is expected.
    Missing(PathBuf),
}

impl Directory {
    /// A directory that need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where an artefact belongs.
    fn place(&self, artifact: &Artifact) -> PathBuf {
        let name = artifact.file_name().unwrap_or_default();
        self.path.join(artifact.kind.folder()).join(name)
    }

    /// The directory as a source.
    fn source(&self) -> Sources {
        Sources {
            directory: Some(self.path.clone()),
            ..Sources::default()
        }
    }

    /// Fetches what is missing or wrong from `sources`, whose directory does not count. Returns how many failed.
    pub async fn pull(&self, lock: &Lock, sources: &Sources, tell: &Tell) -> usize {
        let sources = Sources {
            directory: None,
            ..sources.clone()
        };
        let pulled = lock.iter().map(|(name, artifact)| {
            let sources = &sources;
            async move {
                match self.pull_one(name, artifact, sources, tell).await {
                    Ok((fetched, fresh)) => tell(name, News::There(&fetched, fresh)),
                    Err(error) => {
                        tell(name, News::Failed(&error));
                        return 1;
                    }
                }
                0
            }
        });
        let pulled = stream::iter(pulled).buffer_unordered(AT_ONCE);
        pulled.fold(0, |sum, one| async move { sum + one }).await
    }

    async fn pull_one(
        &self,
        name: &str,
        artifact: &Artifact,
        sources: &Sources,
        tell: &Tell,
    ) -> Result<(Fetched, bool)> {
        if let Ok(fetched) = self.source().fetch(artifact, None).await {
            return Ok((fetched, false));
        }
        let place = self.place(artifact);
        let progress = progress_of(name, tell);
        let fetched = match (sources.origin(artifact)?, &artifact.sha256) {
            (Origin::Url(url), Some(wanted)) => {
                let wanted = wanted.to_ascii_lowercase();
                file::fetch_as(&url, &place, &wanted, Some(progress)).await?
            }
            _ => {
                let fetched = sources.fetch(artifact, Some(progress)).await?;
                let failed = |error| Error::failed(format!("{}: {error}", place.display()));
                fs::create_dir_all(place.parent().unwrap_or(&self.path)).map_err(failed)?;
                let beside = place.with_extension("part");
                fs::copy(&fetched.path, &beside).map_err(failed)?;
                fs::rename(&beside, &place).map_err(failed)?;
                file::hashed(&place).await?
            }
        };
        Ok((fetched, true))
    }

    /// How each artefact of a lock stands in the directory.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub async fn verify<'a>(&self, lock: &'a Lock) -> Result<Vec<(&'a str, Standing)>> {
        let source = self.source();
        let mut all = Vec::new();
        for (name, artifact) in lock.iter() {
            let standing = match source.origin(artifact) {
                Ok(Origin::File(path)) => {
                    let found = file::hashed(&path).await?;
                    match &artifact.sha256 {
                        None => Standing::Unlocked(found),
                        Some(sha256) if sha256.eq_ignore_ascii_case(&found.sha256) => {
                            Standing::Right(found)
                        }
                        Some(_) => Standing::Wrong(found),
                    }
                }
                _ => Standing::Missing(self.place(artifact)),
            };
            all.push((name, standing));
        }
        Ok(all)
    }

    /// Files in the directory's folders that no artefact of the lock means, sorted.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn extra(&self, lock: &Lock) -> Result<Vec<PathBuf>> {
        let source = self.source();
        let known: HashSet<PathBuf> = lock
            .iter()
            .filter_map(|(_, artifact)| match source.origin(artifact) {
                Ok(Origin::File(path)) => Some(path),
                _ => None,
            })
            .collect();
        let mut extra = Vec::new();
        for folder in Sources::FOLDERS.iter().filter(|folder| !folder.is_empty()) {
            let folder = self.path.join(folder);
            if !folder.is_dir() {
                continue;
            }
            let failed = |error| Error::failed(format!("{}: {error}", folder.display()));
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.is_file() && !known.contains(&path) {
                    extra.push(path);
                }
            }
        }
        extra.sort();
        Ok(extra)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const SHA: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[tokio::test]
    async fn a_directory_is_filled_once_and_judged() {
        let folder = tempfile::tempdir().unwrap();
        let published = folder.path().join("published");
        fs::write(&published, "hello").unwrap();
        let url = format!("file://{}", published.display());
        let lock = Lock::read(&serde_json::json!({
            "right": {"url": url, "sha256": SHA, "file": "right"},
            "wrong": {"url": url, "sha256": "0".repeat(64), "file": "wrong"},
            "chart": {"kind": "chart", "file": "chart.tgz", "sha256": SHA},
        }))
        .unwrap();
        let directory = Directory::new(folder.path().join("air"));
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell: Tell = {
            let told = told.clone();
            Arc::new(move |name, news| {
                let word = match news {
                    News::There(_, fresh) => format!("{name} {fresh}"),
                    News::Failed(error) => format!(
                        "{name} {}",
                        error.message.rsplit('/').next().unwrap_or_default()
                    ),
                    News::Came(..) => return,
                };
                told.lock().unwrap().push(word);
            })
        };
        assert_eq!(directory.pull(&lock, &Sources::default(), &tell).await, 2);
        assert_eq!(directory.pull(&lock, &Sources::default(), &tell).await, 2);
        let mut words = std::mem::take(&mut *told.lock().unwrap());
        words.sort();
        let chart = "chart it has no URL, and there is no directory";
        let wrong = format!(
            "wrong published has the checksum {SHA}, not {}",
            "0".repeat(64)
        );
        assert_eq!(
            words,
            [chart, chart, "right false", "right true", &wrong, &wrong]
        );

        fs::write(directory.path().join("bin/wrong"), "hello").unwrap();
        fs::write(directory.path().join("bin/other"), "hello").unwrap();
        let found = directory.verify(&lock).await.unwrap();
        assert!(matches!(found[0], ("right", Standing::Right(_))));
        assert!(matches!(found[1], ("wrong", Standing::Wrong(_))));
        let missing = directory.path().join("charts/chart.tgz");
        assert_eq!(found[2], ("chart", Standing::Missing(missing)));
        let extra = directory.extra(&lock).unwrap();
        assert_eq!(extra, [directory.path().join("bin/other")]);
    }
}

//! Where artefacts come from.

use super::{
    Artifact, Lock, News, Tell,
    directory::{AT_ONCE, progress_of},
    file::{self, Fetched, Progress},
};
use futures::{StreamExt as _, stream};
use k8sbm_core::task::{Controller, Error, Result};
use std::path::{Path, PathBuf};

/// Where artefacts come from: a directory if there is one, else a mirror, else where they are published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// A directory on the controller that has them all: nothing is fetched.
    pub directory: Option<PathBuf>,
    /// What stands in URLs in place of the publisher's server.
    pub mirror: Option<String>,
    /// Where what was fetched is kept by its checksum.
    pub cache: Option<PathBuf>,
}

/// Where one artefact comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file of the controller.
    File(PathBuf),
    /// A server.
    Url(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => f.write_str(url),
        }
    }
}

impl Sources {
    /// The folders of a directory in which artefacts are looked for.
    pub const FOLDERS: &'static [&'static str] = &["", "bin", "images", "charts", "manifests"];

    /// Those that the variables `artifacts_directory` and `artifacts_mirror` of a host say.
    pub(crate) fn of(controller: &dyn Controller) -> Self {
        let text = |name| {
            let value = controller.variable(name)?;
            let text = value.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            directory: text("artifacts_directory").map(PathBuf::from),
            mirror: text("artifacts_mirror"),
            cache: controller.cache().map(|cache| cache.join("artifacts")),
        }
    }

    /// Where an artefact comes from; a file is there.
    ///
    /// # Errors
    /// When the directory has it not, or nothing says where it is published.
    pub fn origin(&self, artifact: &Artifact) -> Result<Origin> {
        if let Some(directory) = &self.directory {
            return Self::in_directory(directory, artifact).map(Origin::File);
        }
        let Some(url) = artifact.url.as_deref() else {
            return Err(Error::failed("it has no URL, and there is no directory")
                .hint("say where it is in `artifacts_directory`"));
        };
        if let Some(path) = url.strip_prefix("file://") {
            return Ok(Origin::File(path.into()));
        }
        Ok(Origin::Url(match &self.mirror {
            Some(mirror) => mirrored(url, mirror),
            None => url.to_owned(),
        }))
    }

    fn in_directory(directory: &Path, artifact: &Artifact) -> Result<PathBuf> {
        let name = artifact.file_name().unwrap_or_default();
        let own = artifact.kind.folder();
        let folders = std::iter::once(&own).chain(Self::FOLDERS.iter());
        let found = folders
            .map(|folder| directory.join(folder).join(&name))
            .find(|path| path.is_file());
        found.ok_or_else(|| {
            let directory = directory.display();
            Error::failed(format!("there is no `{own}/{name}` in {directory}")).hint(format!(
                "`k8sbm artifacts verify --directory {directory}` lists what is missing"
            ))
        })
    }

    /// Where what was fetched before is kept, if it was.
    pub fn cached(&self, artifact: &Artifact) -> Option<PathBuf> {
        let sha256 = artifact.sha256.as_ref()?.to_ascii_lowercase();
        let path = in_cache(self.cache.as_ref()?, &sha256);
        path.is_file().then_some(path)
    }

    /// The file of an artefact on the controller, fetched if need be. Its checksum is right; where the lock has none,
    /// it is what the directory has.
    ///
    /// # Errors
    /// When it cannot be had, or is not what the lock says.
    pub async fn fetch(&self, artifact: &Artifact, progress: Option<Progress>) -> Result<Fetched> {
        let origin = self.origin(artifact)?;
        let wanted = artifact.sha256.as_ref().map(|it| it.to_ascii_lowercase());
        match (&origin, wanted) {
            (Origin::File(path), wanted) => {
                let found = file::hashed(path).await?;
                match wanted {
                    Some(wanted) if wanted != found.sha256 => {
                        Err(file::wrong(&origin.to_string(), &found.sha256, &wanted))
                    }
                    _ => Ok(found),
                }
            }
            (Origin::Url(url), Some(wanted)) => {
                let cache = self.cache()?;
                let path = in_cache(cache, &wanted);
                file::fetch_as(url, &path, &wanted, progress).await
            }
            (Origin::Url(_), None) => Err(Error::failed("it has no `sha256`")
                .hint("what comes from a server is taken by its checksum only; `k8sbm artifacts lock` fills in what is missing")),
        }
    }

    /// The file of an artefact whose checksum is not known, as its origin has it now.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn discover(
        &self,
        artifact: &Artifact,
        progress: Option<Progress>,
    ) -> Result<Fetched> {
        match self.origin(artifact)? {
            Origin::File(path) => file::hashed(&path).await,
            Origin::Url(url) => {
                let cache = self.cache()?.clone();
                let place = cache.clone();
                file::fetch_unknown(
                    &url,
                    &cache,
                    move |sha256| in_cache(&place, sha256),
                    progress,
                )
                .await
            }
        }
    }

    /// Those of a lock that have no checksum, with what they have now; failures are only told.
    pub async fn discover_all<'a>(&self, lock: &'a Lock, tell: &Tell) -> Vec<(&'a str, Fetched)> {
        let open = lock
            .iter()
            .filter(|(_, artifact)| artifact.sha256.is_none());
        let found = open.map(async |(name, artifact)| {
            let progress = progress_of(name, tell);
            match self.discover(artifact, Some(progress)).await {
                Ok(fetched) => {
                    tell(name, News::There(&fetched, true));
                    Some((name, fetched))
                }
                Err(error) => {
                    tell(name, News::Failed(&error));
                    None
                }
            }
        });
        let found = stream::iter(found).buffered(AT_ONCE);
        found.filter_map(std::future::ready).collect().await
    }

    fn cache(&self) -> Result<&PathBuf> {
        self.cache.as_ref().ok_or_else(|| {
            Error::failed("there is no place for what is fetched")
                .hint("set HOME or K8SBM_CACHE, or use `artifacts_directory`")
        })
    }
}

fn in_cache(cache: &Path, sha256: &str) -> PathBuf {
    cache.join("sha256").join(&sha256[..2]).join(sha256)
}

/// `url` at a mirror: the server is another one, the path is the same.
fn mirrored(url: &str, mirror: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    format!("{}/{path}", mirror.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn artifact(url: &str) -> Artifact {
        Artifact {
            url: Some(url.into()),
            ..Artifact::default()
        }
    }

    #[test]
    fn a_mirror_takes_the_servers_place() {
        let sources = Sources {
            mirror: Some("https://mirror.example.com/k8s/".into()),
            ..Sources::default()
        };
        let origin = sources.origin(&artifact("https://dl.k8s.io/release/v1.34.9/kubeadm"));
        assert_eq!(
            origin.unwrap().to_string(),
            "https://mirror.example.com/k8s/release/v1.34.9/kubeadm"
        );
    }

    #[tokio::test]
    async fn a_directory_has_it_or_says_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::write(folder.path().join("bin/kubeadm"), "hello").unwrap();
        let sources = Sources {
            directory: Some(folder.path().into()),
            ..Sources::default()
        };
        let mut kubeadm = artifact("https://dl.k8s.io/kubeadm");
        let found = sources.fetch(&kubeadm, None).await.unwrap();
        let sha = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!((found.size, found.sha256.as_str()), (5, sha));
        kubeadm.sha256 = Some("0".repeat(64));
        let error = sources.fetch(&kubeadm, None).await.unwrap_err();
        assert!(
            error.message.contains("has the checksum 2cf24dba"),
            "{error}"
        );
        let missing = sources.origin(&artifact("https://dl.k8s.io/kubelet"));
        let message = missing.unwrap_err().message;
        assert!(
            message.starts_with("there is no `bin/kubelet` in "),
            "{message}"
        );
    }

    #[tokio::test]
    async fn what_has_no_checksum_is_not_fetched() {
        let error = Sources::default()
            .fetch(&artifact("https://dl.k8s.io/kubeadm"), None)
            .await
            .unwrap_err();
        assert_eq!(error.message, "it has no `sha256`");
    }
}

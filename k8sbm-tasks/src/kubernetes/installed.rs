//! What a host remembers of a file that came from an artefact.
//!
//! Programs are large, and hashing them all costs a converged run seconds. So a marker remembers how the file was when
//! its content was last known, as git's index does: a file that was written to since has another time of change.

use super::store::FOLDER;
use k8sbm_core::{
    host::{Attributes, FileChange, Host, Stat},
    task::{Error, Probe, Result},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The marker of one installed file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Installed {
    /// SHA-256 of the artefact.
    pub artifact: String,
    /// The file in the archive that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// SHA-256 of the file itself.
    pub content: String,
    size: u64,
    inode: u64,
    device: u64,
    mtime: f64,
    ctime: f64,
}

impl Installed {
    /// Where the marker of `dest` is.
    pub(crate) fn path(dest: &str) -> String {
        let name = dest.trim_start_matches('/').replace('%', "%25");
        format!("{FOLDER}/installed/{}", name.replace('/', "%2F"))
    }

    /// What stands at `dest`, and its marker; both are asked at once.
    pub(crate) async fn look(
        host: &Probe,
        dest: &str,
    ) -> Result<(Option<Arc<Stat>>, Option<Self>)> {
        let path = Self::path(dest);
        let (stat, marker) = tokio::join!(host.stat_follow(dest), host.read(&path));
        let marker = marker?.and_then(|text| serde_json::from_slice(&text).ok());
        Ok((stat?, marker))
    }

    /// Whether the file is as it was when its content was known.
    fn is_untouched(&self, stat: &Stat) -> bool {
        let now = (stat.size, stat.inode, stat.device, stat.mtime, stat.ctime);
        now == (self.size, self.inode, self.device, self.mtime, self.ctime)
    }

    /// The checksum of the file at `dest`, from the marker where nothing touched the file.
    pub(crate) async fn content(
        host: &Probe,
        dest: &str,
        stat: &Stat,
        marker: Option<&Self>,
    ) -> Result<Option<Arc<str>>> {
        match marker {
            Some(marker) if marker.is_untouched(stat) => Ok(Some(marker.content.as_str().into())),
            _ => host.checksum(dest).await,
        }
    }

    /// Remembers the file at `dest` as it is now.
    pub(crate) async fn remember(
        host: &Host,
        dest: &str,
        artifact: &str,
        member: Option<String>,
        content: String,
    ) -> Result<()> {
        let stat = host.probe().stat_follow(dest).await?;
        let stat = stat.ok_or_else(|| Error::failed(format!("{dest} went away")))?;
        let marker = Self {
            artifact: artifact.to_owned(),
            member,
            content,
            size: stat.size,
            inode: stat.inode,
            device: stat.device,
            mtime: stat.mtime,
            ctime: stat.ctime,
        };
        host.change(FileChange::MakeDirectory {
            path: format!("{FOLDER}/installed"),
            attributes: Attributes::default(),
        })
        .await?;
        let mut content =
            serde_json::to_vec(&marker).map_err(|error| Error::failed(error.to_string()))?;
        content.push(b'\n');
        host.change(FileChange::Write {
            path: Self::path(dest),
            content,
            attributes: Attributes::default(),
            validate: None,
            backup: None,
            in_place: false,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_of_different_files_have_different_names() {
        assert_eq!(
            Installed::path("/usr/local/bin/kubeadm"),
            "/var/lib/k8sbm/artifacts/installed/usr%2Flocal%2Fbin%2Fkubeadm"
        );
        assert_ne!(Installed::path("/a/b"), Installed::path("/a%2Fb"));
    }
}

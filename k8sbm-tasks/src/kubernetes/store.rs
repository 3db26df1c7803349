//! The artefacts that a host has, by their content: what is there is not sent again.

use super::locked::Locked;
use crate::artifacts::size;
use k8sbm_core::{
    host::{Attributes, FileChange, Host, Mode},
    task::Result,
};

/// Where a host keeps artefacts.
pub(crate) const FOLDER: &str = "/var/lib/k8sbm/artifacts";

/// Where a host keeps the artefact of this checksum.
pub(crate) fn place(sha256: &str) -> String {
    format!("{FOLDER}/sha256/{}/{sha256}", &sha256[..2])
}

/// Brings an artefact to the host, unless it is there with the right content; returns its path.
pub(crate) async fn push(host: &Host, locked: &Locked, sha256: &str) -> Result<String> {
    let path = place(sha256);
    let there = host.probe().checksum(&path).await?;
    if there.as_deref() == Some(sha256) {
        return Ok(path);
    }
    let file = locked.fetch().await?;
    let sending = format!("sending {} ({})", locked.title(), size(file.size));
    host.probe().controller().progress(&sending);
    let folder = path.rsplit_once('/').map_or(FOLDER, |(folder, _)| folder);
    host.change(FileChange::MakeDirectory {
        path: folder.to_owned(),
        attributes: Attributes::default(),
    })
    .await?;
    host.change(FileChange::Upload {
        from: file.path,
        size: file.size,
        sha256: file.sha256,
        path: path.clone(),
        attributes: Attributes {
            mode: Some(Mode::octal(0o644)),
            ..Attributes::default()
        },
    })
    .await
    .map_err(|error| error.context(format_args!("sending {}", locked.title())))?;
    Ok(path)
}

/// Removes an artefact from the host's store; where it was installed, it stays.
pub(crate) async fn drop(host: &Host, sha256: &str) -> Result<()> {
    host.change(FileChange::Remove {
        path: place(sha256),
    })
    .await
}

/// Removes an artefact that gave way to another from the host's store, unless it is installed somewhere else.
pub(crate) async fn prune(host: &Host, sha256: &str) -> Result<()> {
    match host.probe().stat(&place(sha256)).await? {
        Some(stat) if stat.links == 1 => drop(host, sha256).await,
        _ => Ok(()),
    }
}

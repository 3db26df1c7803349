//! Downloading, checking and putting in place.

use crate::file::{
    download::{self, Download},
    paths::join,
};
use k8sbm_core::{
    host::{Algorithm, Attributes, Command, FileChange, Host},
    task::{Error, Result, Returns},
};
use serde_json::Value as Json;
use std::{sync::Arc, time::Instant};

/// A download that is under way.
pub(super) struct Fetching {
    pub source: Download,
    pub path: String,
    pub directory: String,
    pub expected: Option<(Algorithm, String)>,
    pub wanted: Attributes,
    pub backup: Option<String>,
}

impl Fetching {
    pub(super) async fn run(self, host: Host) -> Result<Returns> {
        let template = join(&self.directory, "k8sbm.XXXXXXXX");
        let made = host
            .check(Command::new(["mktemp", "-d", &template]))
            .await?;
        let temporary = made.text().trim_end().to_owned();
        let done = self.put(&host, &format!("{temporary}/download")).await;
        host.change(FileChange::Remove { path: temporary }).await?;
        done
    }

    async fn put(self, host: &Host, file: &str) -> Result<Returns> {
        let start = Instant::now();
        let output = host.run(self.source.command(file)).await?;
        self.source.check(&output)?;
        let elapsed = start.elapsed().as_secs();
        let probe = host.probe();
        let (src, dest, stat) = tokio::join!(
            probe.checksum_by(file, Algorithm::Sha1),
            probe.checksum_by(&self.path, Algorithm::Sha1),
            probe.stat(file),
        );
        let (src, dest) = (src?, dest?);
        if let Some((algorithm, expected)) = &self.expected {
            let is = probe.checksum_by(file, *algorithm).await?;
            if is.as_deref() != Some(expected) {
                let is = is.unwrap_or_default();
                let url = download::masked(&self.source.url);
                return Err(Error::failed(format!(
                    "the checksum of {url} is {is}, not {expected}"
                ))
                .returning("checksum_src", src.as_deref().map(str::to_owned)));
            }
        }
        host.change(FileChange::Copy {
            from: file.into(),
            path: self.path,
            attributes: self.wanted,
            validate: None,
            backup: self.backup,
        })
        .await?;
        let mut returns = Returns::new();
        let text = |hash: Option<Arc<str>>| hash.map_or(Json::Null, |hash| (*hash).into());
        returns.insert("checksum_src".into(), text(src));
        returns.insert("checksum_dest".into(), text(dest));
        returns.insert("elapsed".into(), elapsed.into());
        returns.insert("msg".into(), "OK".into());
        let status = output.text().trim().parse::<u16>().unwrap_or(200);
        returns.insert("status_code".into(), status.into());
        if let Some(stat) = stat? {
            returns.insert("size".into(), stat.size.into());
        }
        Ok(returns)
    }
}

//! What stands on a device, as blkid tells.

use crate::program;
use k8sbm_core::task::{Error, Probe, Result};

/// What stands on a device.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    /// The type of file system, as blkid calls it; empty where there is none.
    pub(super) tag: String,
    /// The type of partition table; empty where there is none.
    pub(super) table: String,
    /// The UUID of the file system.
    pub(super) uuid: String,
}

impl Contents {
    /// Looks at a device, past blkid's cache.
    pub(super) async fn look(host: &Probe, path: &str) -> Result<Self> {
        let blkid = ["blkid", "-c", "/dev/null", "-o", "export", path];
        let output = host.query(blkid).await?;
        // 2 means that nothing was found.
        if !matches!(output.status, 0 | 2) {
            program::found(&output, "blkid", "util-linux")?;
            let said = output.error_text();
            return Err(Error::failed(format!("{path}: {}", said.trim())));
        }
        let text = output.text();
        let value = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once('='));
            let found = lines.find(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        Ok(Self {
            tag: value("TYPE"),
            table: value("PTTYPE"),
            uuid: value("UUID"),
        })
    }

    /// What it is used for, in words.
    pub(super) fn used_as(&self) -> Option<&str> {
        [&self.tag, &self.table]
            .into_iter()
            .find(|it| !it.is_empty())
            .map(String::as_str)
    }
}

//! A directory on the host for the time of one step.

use k8sbm_core::{
    host::{Attributes, Command, FileChange, Host, Mode},
    task::Result,
};

/// A directory on the host that only its user can read.
#[derive(Debug)]
pub(crate) struct TemporaryDirectory {
    path: String,
}

impl TemporaryDirectory {
    /// Makes one. Who makes it removes it.
    pub(crate) async fn make(host: &Host) -> Result<Self> {
        let made = host
            .check(Command::new(["mktemp", "-d", "/tmp/k8sbm.XXXXXXXX"]))
            .await?;
        Ok(Self {
            path: made.text().trim_end().to_owned(),
        })
    }

    /// Writes a file into it and returns its path.
    pub(crate) async fn write(
        &self,
        host: &Host,
        name: &str,
        content: Vec<u8>,
        mode: u32,
    ) -> Result<String> {
        let path = format!("{}/{name}", self.path);
        let attributes = Attributes {
            mode: Some(Mode::octal(mode)),
            ..Attributes::default()
        };
        let change = FileChange::Write {
            path: path.clone(),
            content,
            attributes,
            validate: None,
            backup: None,
            in_place: false,
        };
        host.change(change).await?;
        Ok(path)
    }

    /// Removes it with all that is in it.
    pub(crate) async fn remove(self, host: &Host) -> Result<()> {
        host.change(FileChange::Remove { path: self.path }).await
    }
}

//! `creates` and `removes`: when a command need not run.

use super::expansion::{expands, pattern};
use k8sbm_core::{
    host::Command,
    task::{Probe, Result},
};

/// When a command need not run.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    /// What it makes: where that is there, it need not run.
    pub(crate) creates: Option<String>,
    /// What it takes away: where that is not there, it need not run.
    pub(crate) removes: Option<String>,
    /// Where relative paths begin.
    pub(crate) chdir: Option<String>,
}

/// Why a command need not run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Needless {
    /// What it would make is there.
    Exists(String),
    /// What it would take away is not there.
    Gone(String),
}

impl Conditions {
    /// Whether they say when the command runs.
    pub(crate) fn decide(&self) -> bool {
        self.creates.is_some() || self.removes.is_some()
    }

    /// Why the command need not run, if so.
    pub(crate) async fn needless(&self, host: &Probe) -> Result<Option<Needless>> {
        let seen = async |path: &Option<String>| match path {
            Some(path) => self.exists(host, path).await.map(Some),
            None => Ok(None),
        };
        let (made, left) = tokio::join!(seen(&self.creates), seen(&self.removes));
        Ok(match (made?, left?) {
            (Some(true), _) => self.creates.clone().map(Needless::Exists),
            (_, Some(false)) => self.removes.clone().map(Needless::Gone),
            _ => None,
        })
    }

    async fn exists(&self, host: &Probe, path: &str) -> Result<bool> {
        let plain = !expands(path) && !path.contains(['*', '?', '[']);
        if plain && path.starts_with('/') {
            return host.exists(path).await;
        }
        let look = r#"do if [ -e "$path" ] || [ -L "$path" ]; then exit 0; fi; done; exit 1"#;
        let mut command = Command::shell(format!("for path in {}; {look}", pattern(path)));
        command.chdir.clone_from(&self.chdir);
        Ok(host.query_command(command).await?.success())
    }
}

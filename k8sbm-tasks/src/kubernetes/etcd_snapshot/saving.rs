//! Saving one snapshot: beside its place first, verified, sealed, and only then under its name.

use super::shelf;
use crate::kubernetes::etcd::Client;
use jiff::Timestamp;
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Result, Returns},
};
use serde_json::Value as Json;
use std::time::Duration;

/// How long a snapshot may take: a full etcd has 8 GB.
const PATIENCE: Duration = Duration::from_secs(1800);

/// What is saved, and how.
#[derive(Clone, Debug)]
pub(super) struct Saving {
    pub client: Client,
    pub verifier: String,
    pub directory: String,
    pub name: String,
    pub recipients: Vec<String>,
}

impl Saving {
    pub async fn run(&self, host: &Host) -> Result<Returns> {
        let name = shelf::name(&self.name, Timestamp::now(), !self.recipients.is_empty());
        let unfinished = format!("{}/.{name}.part", self.directory);
        let done = self.save(host, &unfinished, &name).await;
        if done.is_err() {
            // What is not whole must not be taken for a snapshot; that it could not be removed says nothing more.
            let _ = host.run(Command::new(["rm", "-f", &unfinished])).await;
        }
        done
    }

    async fn save(&self, host: &Host, unfinished: &str, name: &str) -> Result<Returns> {
        let mut command = self.client.command(&["snapshot", "save", unfinished]);
        command.timeout = Some(PATIENCE);
        command.umask = Some(0o077);
        host.check(command)
            .await
            .map_err(|error| error.context("etcd could not be saved"))?;
        let status = self.verify(host, unfinished).await?;
        let mut returns = Returns::new();
        for (key, told) in [
            ("keys", "totalKey"),
            ("revision", "revision"),
            ("hash", "hash"),
        ] {
            returns.insert(key.into(), status[told].clone());
        }
        let path = format!("{}/{name}", self.directory);
        if self.recipients.is_empty() {
            host.check(Command::new(["mv", "-f", unfinished, &path]))
                .await?;
        } else {
            self.seal(host, unfinished, &path).await?;
        }
        returns.insert("path".into(), path.into());
        Ok(returns)
    }

    /// Lets etcd's own program read it whole. Since 3.6 that is etcdutl alone; before 3.5 there is only etcdctl.
    async fn verify(&self, host: &Host, path: &str) -> Result<Json> {
        let words = ["snapshot", "status", path, "-w", "json"];
        let by = |program: &str| {
            let all = std::iter::once(program).chain(words);
            Command::new(all).env("ETCDCTL_API", "3").timeout(PATIENCE)
        };
        let mut output = host.run(by(&self.verifier)).await?;
        if matches!(output.status, 126 | 127) {
            output = host.run(by(&self.client.program)).await?;
        }
        let said = output.error_text();
        let status: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        match status["totalKey"].as_u64() {
            _ if !output.success() => Err(Error::failed(format!(
                "the snapshot is not whole: {}",
                said.trim()
            ))),
            None => Err(Error::failed("nothing could verify the snapshot")
                .hint("the host needs etcdutl, or an etcdctl before 3.6")),
            Some(0) => Err(Error::failed("the snapshot has no keys")),
            Some(_) => Ok(status),
        }
    }

    async fn seal(&self, host: &Host, unfinished: &str, path: &str) -> Result<()> {
        let sealed = format!("{unfinished}.age");
        let mut words = vec!["age", "--output", &sealed];
        for recipient in &self.recipients {
            words.extend(["--recipient", recipient]);
        }
        words.push(unfinished);
        let mut command = Command::new(words).timeout(PATIENCE);
        command.umask = Some(0o077);
        let output = host.run(command).await?;
        if !output.success() {
            let _ = host.run(Command::new(["rm", "-f", &sealed])).await;
            let said = output.error_text();
            let error = Error::failed(format!("the snapshot was not sealed: {}", said.trim()));
            return Err(error.hint("the host needs the program `age`"));
        }
        host.check(Command::new(["mv", "-f", &sealed, path]))
            .await?;
        host.check(Command::new(["rm", "-f", unfinished])).await?;
        Ok(())
    }
}

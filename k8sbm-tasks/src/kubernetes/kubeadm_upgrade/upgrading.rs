//! Upgrading itself.

use super::standing::{BEGUN, MARK, ask_for_release, kubeconfig, release};
use crate::kubernetes::{
    kubeadm::{own_api_is_silent, run_kubeadm},
    version::Version,
};
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Result, Returns},
};
use std::time::Duration;
use tokio::time::Instant;

/// A node on its way to a release.
pub(super) struct Upgrading {
    pub node: String,
    pub control_plane: bool,
    pub interrupted: bool,
    pub version: Version,
    pub arguments: Vec<String>,
    pub renew_certs: bool,
    pub patience: Duration,
}

impl Upgrading {
    pub(super) async fn run(self, host: Host) -> Result<Returns> {
        self.has_its_kubeadm(&host).await?;
        let first = self.goes_first(&host).await?;
        self.mark(&host, &format!("{BEGUN}{}", self.version))
            .await?;
        let phase = if first {
            "upgrade apply"
        } else {
            "upgrade node"
        };
        run_kubeadm(&host, phase, self.command(first))
            .await
            .map_err(|error| match error.hint {
                Some(_) => error,
                None => error.hint("what is mended, is upgraded by running this again"),
            })?;
        if self.control_plane
            && let Some(why) = own_api_is_silent(&host, self.patience).await?
        {
            let node = &self.node;
            return Err(Error::failed(format!(
                "`kubeadm {phase}` ended well, yet the API server of `{node}` is not ready: {why}"
            ))
            .hint("`crictl logs` of its container says more; before it is ready, no other host should be upgraded"));
        }
        self.mark(&host, &self.version.to_string()).await?;
        Ok(Returns::new())
    }

    /// kubeadm upgrades to its own release, and to nothing else as surely.
    async fn has_its_kubeadm(&self, host: &Host) -> Result<()> {
        let output = host
            .check(Command::new(["kubeadm", "version", "-o", "short"]))
            .await?;
        let own = output.text().trim().to_owned();
        match Version::parse(&own) {
            Ok(own) if own == self.version => Ok(()),
            _ => Err(Error::failed(format!(
                "kubeadm on the host is {own}, and upgrades to its own release alone"
            ))
            .hint(format!("install kubeadm {} before", self.version))),
        }
    }

    /// Whether this is the host with which the cluster's upgrade begins, or has to begin again.
    async fn goes_first(&self, host: &Host) -> Result<bool> {
        let asked = host
            .check(ask_for_release(kubeconfig(self.control_plane)))
            .await?;
        let cluster = release(&asked.text());
        let follows = cluster.as_ref() == Some(&self.version);
        if self.control_plane {
            return Ok(!follows || self.interrupted);
        }
        if follows {
            return Ok(false);
        }
        let cluster = cluster.map_or("no release".to_owned(), |it| it.to_string());
        Err(Error::failed(format!(
            "the control plane is at {cluster}, and this worker shall be at {}",
            self.version
        ))
        .hint("the hosts of the control plane are upgraded first"))
    }

    fn command(&self, first: bool) -> Command {
        let version = self.version.to_string();
        let words: &[&str] = match first {
            true => &["kubeadm", "upgrade", "apply", &version, "--yes"],
            false => &["kubeadm", "upgrade", "node"],
        };
        let keep = (self.control_plane && !self.renew_certs)
            .then(|| "--certificate-renewal=false".to_owned());
        let words = words.iter().map(|word| (*word).to_owned());
        Command::new(words.chain(keep).chain(self.arguments.iter().cloned()))
    }

    /// Writes down at the node how far it is. Its own API server may just begin again.
    async fn mark(&self, host: &Host, text: &str) -> Result<()> {
        let mark = format!("{MARK}={text}");
        let words = [
            "kubectl",
            "--kubeconfig",
            kubeconfig(self.control_plane),
            "--request-timeout=15s",
            "annotate",
            "node",
            &self.node,
            "--overwrite",
            &mark,
        ];
        let end = Instant::now() + self.patience;
        loop {
            let output = host.run(Command::new(words)).await?;
            if output.success() {
                return Ok(());
            }
            if Instant::now() >= end {
                let said = output.error_text();
                return Err(Error::failed(format!(
                    "it could not be noted at the node `{}` how far its upgrade is: {}",
                    self.node,
                    said.trim()
                )));
            }
            host.wait(Duration::from_secs(2)).await;
        }
    }
}

//! The members of a cluster of etcd.

use k8sbm_core::{
    host::Output,
    task::{Error, Result},
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Member {
    /// Its number.
    #[serde(rename = "ID")]
    pub id: u64,
    /// Its name; empty until it has started for the first time.
    #[serde(default)]
    pub name: String,
    /// Where other members reach it.
    #[serde(default, rename = "peerURLs")]
    pub peers: Vec<String>,
    /// Where clients reach it; none until it has started.
    #[serde(default, rename = "clientURLs")]
    pub clients: Vec<String>,
    /// Whether it only listens, and has no vote.
    #[serde(default, rename = "isLearner")]
    pub learner: bool,
}

impl Member {
    /// Its number as etcdctl takes it.
    pub fn number(&self) -> String {
        format!("{:x}", self.id)
    }

    /// For `register`.
    pub fn json(&self) -> Json {
        json!({
            "id": self.number(),
            "name": self.name,
            "peer_urls": self.peers,
            "client_urls": self.clients,
            "learner": self.learner,
            "started": !self.name.is_empty(),
        })
    }

    /// For people.
    pub fn told(&self) -> String {
        let name = if self.name.is_empty() {
            "(not started)"
        } else {
            &self.name
        };
        let learner = if self.learner { ", learner" } else { "" };
        format!("{name} {}{learner}\n", self.peers.join(","))
    }
}

/// Reads what `etcdctl member list -w json` printed.
pub(crate) fn members(output: &Output) -> Result<Vec<Member>> {
    #[derive(Deserialize)]
    struct List {
        #[serde(default)]
        members: Vec<Member>,
    }
    if !output.success() {
        let error = Error::failed(format!(
            "etcd does not say its members: {}",
            output.error_text().trim()
        ));
        return Err(error
            .returning("rc", output.status)
            .returning("stderr", output.error_text()));
    }
    let list: List = serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::failed(format!("the list of members cannot be read: {error}")))?;
    Ok(list.members)
}

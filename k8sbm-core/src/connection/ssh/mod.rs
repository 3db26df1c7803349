//! Hosts reached through ssh(1), so that its configuration, agents, jump hosts and hardware keys simply work.

mod master;
mod options;
mod trouble;

use super::pool::Shells;
use super::{Answer, Connection, ConnectionError, Request, RunAs};
use async_trait::async_trait;
use master::Master;
pub use options::SshOptions;

/// A connection to one host: one ssh process, and shells on it.
#[derive(Debug)]
pub struct Ssh(Shells<Master>);

impl Ssh {
    /// Connects when it is first asked something.
    pub fn new(options: SshOptions) -> Self {
        Self(Shells::new(Master::new(options)))
    }
}

#[async_trait]
impl Connection for Ssh {
    async fn send(
        &self,
        user: &RunAs,
        requests: Vec<Request>,
    ) -> Result<Vec<Answer>, ConnectionError> {
        self.0.send(user, requests).await
    }

    async fn reset(&self) {
        self.0.reset().await;
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

//! How etcd is asked.

use k8sbm_core::host::Command;
use std::time::Duration;

/// How long etcd may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How etcd is asked: by which program, where, and with which certificate.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub program: String,
    pub endpoints: Vec<String>,
    pub cacert: Option<String>,
    pub cert: Option<String>,
    pub key: Option<String>,
}

impl Client {
    /// `etcdctl` with these words. The place and certificates are in the environment, so that what is told stays short.
    pub fn command(&self, words: &[&str]) -> Command {
        let words = std::iter::once(self.program.as_str()).chain(words.iter().copied());
        let mut command = Command::new(words)
            .env("ETCDCTL_API", "3")
            .env("ETCDCTL_ENDPOINTS", self.endpoints.join(","))
            .timeout(PATIENCE);
        let files = [
            ("ETCDCTL_CACERT", &self.cacert),
            ("ETCDCTL_CERT", &self.cert),
            ("ETCDCTL_KEY", &self.key),
        ];
        for (name, file) in files {
            if let Some(file) = file {
                command = command.env(name, file.clone());
            }
        }
        command
    }
}

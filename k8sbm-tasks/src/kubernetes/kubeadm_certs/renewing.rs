//! Restarting what uses certificates that were renewed.

use crate::kubernetes::kubeadm::own_api_is_silent;
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Result},
};
use std::time::Duration;
use tokio::time::Instant;

/// Which static pods read which certificates, in the order they are restarted.
const USERS: &[(&str, &[&str])] = &[
    (
        "etcd",
        &["etcd-server", "etcd-peer", "etcd-healthcheck-client"],
    ),
    (
        "kube-apiserver",
        &[
            "apiserver",
            "apiserver-kubelet-client",
            "apiserver-etcd-client",
            "front-proxy-client",
        ],
    ),
    ("kube-controller-manager", &["controller-manager.conf"]),
    ("kube-scheduler", &["scheduler.conf"]),
];

/// The static pods to restart.
pub(super) struct Renewing {
    pods: Vec<&'static str>,
    timeout: Duration,
}

impl Renewing {
    pub(super) fn new(renewed: &[String], timeout: u64) -> Self {
        let reads = |certificates: &[&str]| renewed.iter().any(|it| certificates.contains(&&**it));
        let pods = USERS.iter().filter(|(_, certificates)| reads(certificates));
        Self {
            pods: pods.map(|(pod, _)| *pod).collect(),
            timeout: Duration::from_secs(timeout),
        }
    }

    /// Ends their containers, one after another; the kubelet begins new ones at once.
    pub(super) async fn restart(&self, host: &Host) -> Result<()> {
        for pod in &self.pods {
            let old = containers(host, pod).await?;
            if old.is_empty() {
                continue;
            }
            let stop = ["crictl", "stop", "--timeout", "30"].map(str::to_owned);
            host.check(Command::new(stop.into_iter().chain(old.iter().cloned())))
                .await?;
            let end = Instant::now() + self.timeout;
            while containers(host, pod).await?.is_empty() {
                if Instant::now() >= end {
                    return Err(Error::failed(format!("`{pod}` did not begin again after its certificates were renewed"))
                        .hint(format!("`crictl logs` of its last container says more; `crictl ps -a --name {pod}` lists it")));
                }
                host.wait(Duration::from_secs(1)).await;
            }
        }
        match own_api_is_silent(host, self.timeout).await? {
            None => Ok(()),
            Some(why) => Err(Error::failed(format!(
                "the API server of this host is not ready after its certificates were renewed: {why}"
            ))),
        }
    }
}

/// The running containers of a static pod.
async fn containers(host: &Host, pod: &str) -> Result<Vec<String>> {
    let exactly = format!("^{pod}$");
    let list = ["crictl", "ps", "--quiet", "--name", &exactly];
    let output = host.check(Command::new(list)).await?;
    Ok(output
        .text()
        .split_whitespace()
        .map(str::to_owned)
        .collect())
}

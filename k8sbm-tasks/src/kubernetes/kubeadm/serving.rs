//! A host's own API server, whichever others answer.

use super::ADMIN;
use k8sbm_core::{
    host::{Command, Host},
    task::Result,
};
use std::time::Duration;
use tokio::time::Instant;

/// Waits until this host's own API server is ready, which includes its way to etcd; why it is not, where it stays so.
///
/// # Errors
/// When the host cannot be asked.
pub(crate) async fn own_api_is_silent(host: &Host, patience: Duration) -> Result<Option<String>> {
    let manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml";
    let text = host.probe().read_text(manifest).await?.unwrap_or_default();
    let endpoint = text.lines().find_map(|line| {
        let (_, value) = line.split_once("kube-apiserver.advertise-address.endpoint:")?;
        Some(value.trim().to_owned())
    });
    let Some(endpoint) = endpoint else {
        return Ok(None);
    };
    let server = format!("https://{endpoint}");
    let ask = [
        "kubectl",
        "--kubeconfig",
        ADMIN,
        "--server",
        &server,
        "--request-timeout=5s",
        "get",
        "--raw",
        "/readyz",
    ];
    let end = Instant::now() + patience;
    loop {
        let output = host.run(Command::new(ask)).await?;
        if output.success() {
            return Ok(None);
        }
        if Instant::now() >= end {
            return Ok(Some(output.error_text().trim().to_owned()));
        }
        host.wait(Duration::from_secs(1)).await;
    }
}

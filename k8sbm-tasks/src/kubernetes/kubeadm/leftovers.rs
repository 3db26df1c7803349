//! What a cluster leaves on a host, and taking it away.

use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Probe, Result},
};
use std::time::Duration;

/// One line for each thing that is left: what it is, and its name.
const LOOK: &str = include_str!("leftovers/look.sh");

/// Stops what runs, then takes away networks, rules and files.
const CLEAR: &str = include_str!("leftovers/clear.sh");

/// Keeps aside, in memory, what others put into `/etc/kubernetes` before kubeadm began.
const KEEP: &str = "set -e
rm -rf /run/k8sbm-kept
[ -d /etc/kubernetes ] || exit 0
umask 077
cp -a /etc/kubernetes /run/k8sbm-kept
cd /run/k8sbm-kept
rm -rf pki tmp ./*.conf
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do rm -f manifests/$name.yaml; done";

/// Puts it back.
const PUT_BACK: &str = "set -e
[ -d /run/k8sbm-kept ] || exit 0
mkdir -p /etc/kubernetes
cp -a /run/k8sbm-kept/. /etc/kubernetes/
rm -rf /run/k8sbm-kept";

/// What a cluster left on a host.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leftovers(Vec<String>);

impl Leftovers {
    /// Looks at a host.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub(crate) async fn look(host: &Probe) -> Result<Self> {
        let output = host.query_command(Command::shell(LOOK)).await?;
        if !output.success() {
            let why = output.error_text();
            return Err(Error::failed(format!(
                "it cannot be seen what is left on the host: {}",
                why.trim()
            )));
        }
        Ok(Self(output.text().lines().map(str::to_owned).collect()))
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each thing on a line.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Takes away what kubeadm began, so that it can begin anew: configuration, patches and static pods of others stay.
    ///
    /// # Errors
    /// When something of it is left in the end.
    pub(crate) async fn clear_to_begin_anew(host: &Host) -> Result<()> {
        host.check(Command::shell(KEEP)).await?;
        let cleared = Self::clear(host).await;
        host.check(Command::shell(PUT_BACK)).await?;
        cleared
    }

    /// Takes all of it away, and this host's etcd out of the cluster.
    ///
    /// # Errors
    /// When something is left in the end.
    pub(crate) async fn clear(host: &Host) -> Result<()> {
        // What kubeadm leaves or cannot do is done below; a cluster that is half gone must not stop it.
        let reset =
            "command -v kubeadm >/dev/null || exit 0; exec timeout 180 kubeadm reset --force";
        host.run(Command::shell(reset)).await?;
        let clear = Command::shell(CLEAR).timeout(Duration::from_secs(300));
        let output = host.run(clear).await?;
        let left = Self::look(host.probe()).await?;
        if left.is_empty() {
            return Ok(());
        }
        let names = left.0.join(", ");
        Err(
            Error::failed(format!("after the reset there is still {names}"))
                .returning("stderr", output.error_text().trim_end()),
        )
    }
}

//! The modules of this family.

use super::{k8s_version::K8sVersion, kubeadm_config::KubeadmConfig};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<K8sVersion>().with::<KubeadmConfig>()
}

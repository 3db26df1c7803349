//! The modules of this family.

use super::settings::ClusterInventory;
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    api(kubeadm(etcd(trust(artifacts(registry)))))
}

/// Who is whom: certificates, and what is kept secret; and how pods of other nodes are reached.
fn trust(registry: Registry) -> Registry {
    use super::{kubeconfig::Kubeconfig, pki::Pki, route::Route, secret::Secret};
    registry
        .with::<Pki>()
        .with::<Kubeconfig>()
        .with::<Secret>()
        .with::<Route>()
}

/// What is asked of etcd.
fn etcd(registry: Registry) -> Registry {
    use super::{etcd_member::EtcdMember, etcd_snapshot::EtcdSnapshot};
    registry.with::<EtcdMember>().with::<EtcdSnapshot>()
}

/// What is installed, and from where.
fn artifacts(registry: Registry) -> Registry {
    use super::{
        artifact::ArtifactTask, artifact_pull::ArtifactPull, containerd::Containerd, image::Image,
    };
    registry
        .with::<ArtifactTask>()
        .with::<ArtifactPull>()
        .with::<Image>()
        .with::<Containerd>()
}

/// What makes hosts into a cluster, by kubeadm.
fn kubeadm(registry: Registry) -> Registry {
    use super::{
        k8s_version::K8sVersion, kubeadm_certs::KubeadmCerts, kubeadm_config::KubeadmConfig,
        kubeadm_init::KubeadmInit, kubeadm_join::KubeadmJoin, kubeadm_reset::KubeadmReset,
        kubeadm_token::KubeadmToken, kubeadm_upgrade::KubeadmUpgrade, static_pod::StaticPod,
    };
    registry
        .with::<K8sVersion>()
        .with::<KubeadmConfig>()
        .with::<KubeadmInit>()
        .with::<KubeadmJoin>()
        .with::<KubeadmToken>()
        .with::<KubeadmCerts>()
        .with::<KubeadmReset>()
        .with::<KubeadmUpgrade>()
        .with::<StaticPod>()
}

/// What is asked of the API.
fn api(registry: Registry) -> Registry {
    use super::addons::{Calico, Cilium, Flannel, Metallb, Openebs};
    use super::{
        cluster_lock::ClusterLock,
        csr_approve::CsrApprove,
        helm_release::HelmRelease,
        helm_repository::HelmRepository,
        k8s::K8s,
        k8s_info::K8sInfo,
        k8s_node::{K8sDrain, K8sNode},
        k8s_verify::K8sVerify,
        k8s_wait::K8sWait,
        kube::Kube,
    };
    registry
        .with::<ClusterInventory>()
        .with::<ClusterLock>()
        .of::<K8s>("kubernetes.core")
        .alias("community.kubernetes.k8s", "k8s")
        .of::<K8sInfo>("kubernetes.core")
        .alias("community.kubernetes.k8s_info", "k8s_info")
        .with::<Kube>()
        .with::<K8sWait>()
        .with::<K8sNode>()
        .of::<K8sDrain>("kubernetes.core")
        .with::<CsrApprove>()
        .with::<K8sVerify>()
        .with::<HelmRelease>()
        .alias("kubernetes.core.helm", "helm_release")
        .alias("community.kubernetes.helm", "helm_release")
        .alias("helm", "helm_release")
        .of::<HelmRepository>("kubernetes.core")
        .alias("community.kubernetes.helm_repository", "helm_repository")
        .with::<Flannel>()
        .with::<Calico>()
        .with::<Cilium>()
        .with::<Metallb>()
        .with::<Openebs>()
}

//! Kubernetes: what makes hosts into a cluster, and what is asked of its API.
//!
//! The API is reached through `kubectl` on a host of the control plane: always the right version, no credentials leave
//! the host, and it works before the load balancer does.

mod addons;
mod artifact;
mod artifact_pull;
mod cluster;
mod cluster_lock;
mod containerd;
mod csr_approve;
mod etcd;
mod etcd_member;
mod etcd_snapshot;
mod fetching;
mod helm;
mod helm_release;
mod helm_repository;
mod image;
mod installed;
mod k8s;
mod k8s_info;
mod k8s_node;
mod k8s_verify;
mod k8s_version;
mod k8s_wait;
mod keeping;
mod kube;
mod kubeadm;
mod kubeadm_certs;
mod kubeadm_config;
mod kubeadm_init;
mod kubeadm_join;
mod kubeadm_reset;
mod kubeadm_token;
mod kubeadm_upgrade;
mod kubeconfig;
mod list;
mod locked;
mod pki;
mod route;
mod secret;
mod settings;
mod static_pod;
mod store;
mod toml;
mod version;

pub(crate) use list::register;
pub use settings::inventory_mistakes;

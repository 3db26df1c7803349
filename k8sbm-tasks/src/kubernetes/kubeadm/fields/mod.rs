//! The fields that each kind of configuration knows, by minor release.

mod cluster;
mod kube_proxy;
mod kubelet;
mod node;
mod shared;

pub(crate) use cluster::CLUSTER;
pub(crate) use kube_proxy::KUBE_PROXY;
pub(crate) use kubelet::KUBELET;
pub(crate) use node::{INIT, JOIN};

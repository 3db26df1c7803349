//! What the modules of kubeadm share: its configuration, how far a host has come, and what kubeadm says when it fails.

mod argument;
mod cluster_document;
mod document;
mod fields;
mod node_document;
mod shape;

pub(crate) use argument::ExtraArgs;
pub(crate) use cluster_document::{Cluster, Etcd};
pub(crate) use document::{Documents, INIT_FILE, JOIN_FILE};
pub(crate) use node_document::{Node, Taint};

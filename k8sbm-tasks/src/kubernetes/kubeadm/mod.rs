//! What the modules of kubeadm share: its configuration, how far a host has come, and what kubeadm says when it fails.

mod argument;
mod authority;
mod cluster_document;
mod document;
mod fields;
mod leader;
mod leftovers;
mod node_document;
mod outcome;
mod serving;
mod shape;
mod standing;

pub(crate) use argument::ExtraArgs;
pub(crate) use authority::ca_cert_hash;
pub(crate) use cluster_document::{Cluster, Etcd};
pub(crate) use document::{Documents, INIT_FILE, JOIN_FILE};
pub(crate) use leader::{
    ADMIN, Credentials, create_token, credentials, delete_token, forget_node, known_to,
    upload_certs,
};
pub(crate) use leftovers::Leftovers;
pub(crate) use node_document::{Node, Taint};
pub(crate) use outcome::{no_check_passes_all, passed_over, run_kubeadm};
pub(crate) use serving::own_api_is_silent;
pub(crate) use standing::{
    Known, Standing, ask_for_node, configured_name, is_control_plane, node_name, readiness,
};

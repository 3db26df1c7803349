//! The modules of k8sbm: what a playbook can say of a host.
//!
//! [`registry`] lists them all. Each is a [`Task`](k8sbm_core::task::Task) in a file of its own, in the folder of its
//! family; what a family's modules share stands beside them.

pub mod artifacts;
mod command;
mod control;
mod file;
mod firewall;
mod glob;
mod kubernetes;
mod net;
mod package;
mod program;
mod registry;
mod service;
mod storage;
mod system;
#[cfg(test)]
mod testing;
mod user;

pub use kubernetes::inventory_mistakes;
pub use registry::registry;

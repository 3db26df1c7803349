//! What an inventory says of a cluster, and whether a cluster can be like that.
//!
//! Each rule reads the variables it is about with their places, so that a mistake is shown where it was written.

mod addresses;
mod cluster_inventory;
mod lock;
mod members;
mod network;
mod parts;
mod pod_subnets;
mod range;
mod reading;
mod rules;

pub(super) use cluster_inventory::ClusterInventory;
pub use rules::inventory_mistakes;

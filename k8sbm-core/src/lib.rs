//! The engine of k8sbm.

pub mod diagnostic;
pub mod node;

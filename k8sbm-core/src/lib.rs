//! The engine of k8sbm.

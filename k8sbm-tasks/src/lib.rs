//! k8sbm-tasks.

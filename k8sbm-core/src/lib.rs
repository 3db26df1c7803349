//! The engine of k8sbm.

pub mod connection;
pub mod controller;
pub mod diagnostic;
pub mod event;
pub mod graph;
pub mod host;
pub mod inventory;
pub mod node;
pub mod playbook;
pub mod python_regex;
pub mod run;
pub mod task;
pub mod template;
pub mod value;
pub mod vars;
pub mod vault;

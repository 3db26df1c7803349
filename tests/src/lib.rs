//! Stories on real hosts, the laws every module keeps, and cases.

pub mod conformance;
pub mod controller;
pub mod fleet;
pub mod hosts;
pub mod laws;
pub mod program;
pub mod rendered;
pub mod snapshot;

//! One file for each subcommand.

mod completions;
mod context;
mod doc;
mod graph;
mod inventory;
mod list;
mod run;
mod session;

pub use completions::completions;
pub use context::Context;
pub use doc::doc;
pub use graph::graph;
pub use inventory::inventory;
pub use run::run;

//! One file for each subcommand.

mod artifacts;
mod completions;
mod context;
mod doc;
mod exec;
mod facts;
mod graph;
mod inventory;
mod lint;
mod list;
mod plan;
mod run;
mod schema;
mod session;
mod vault;

pub use artifacts::artifacts;
pub use completions::completions;
pub use context::Context;
pub use doc::doc;
pub use exec::exec;
pub use facts::facts;
pub use graph::graph;
pub use inventory::inventory;
pub use lint::lint;
pub use plan::plan;
pub use run::run;
pub use schema::schema;
pub use vault::vault;

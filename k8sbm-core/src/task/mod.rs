//! The contract of a task: look at a host, say what to change.

mod apply;
mod contract;
mod controller;
mod error;
mod plan;
mod planning;
mod probe;
mod registry;
mod step;

pub use contract::{Erased, Example, Sets, Task};
pub use controller::{Controller, FileSearch, LocalStat, NoController, TemplateOptions};
pub use error::{Error, ErrorKind, Result};
pub use plan::{Effect, Plan, Returns};
pub use planning::WriteFile;
pub use probe::Probe;
pub use registry::{Module, Registry};
pub use step::{Act, Diff, Step};

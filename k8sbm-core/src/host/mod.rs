//! The primitives on top of a connection: what can be asked of a host, and what can be done to it.

mod attributes;
pub mod background;
mod change;
mod command;
pub mod facts;
#[expect(clippy::module_inception, reason = "the type is called Host")]
mod host;
mod look;
mod machine;
mod mode;

pub use attributes::Attributes;
pub use change::FileChange;
pub use command::{Command, Output, Program};
pub use facts::Facts;
pub use host::Host;
pub use look::{Algorithm, FileKind, Look, Seen, Stat};
pub use machine::Machine;
pub use mode::Mode;

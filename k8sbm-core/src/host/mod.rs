//! The primitives on top of a connection: what can be asked of a host, and what can be done to it.

mod attributes;
mod change;
mod command;
mod look;
mod mode;

pub use attributes::Attributes;
pub use change::FileChange;
pub use command::{Command, Output, Program};
pub use look::{Algorithm, FileKind, Look, Seen, Stat};
pub use mode::Mode;

//! Regular expressions in Python's syntax, as playbooks write them.

mod class;
mod pattern;
mod replacement;
mod translate;

pub use pattern::{Captures, Flags, Pattern};
pub use replacement::Replacement;

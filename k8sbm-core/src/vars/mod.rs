//! Variables: who set what, where, and which setting wins.
//!
//! A [`Layer`] is one source of variables (a `group_vars` file, a play's `vars`), shared by all
//! hosts it speaks to. [`HostVars`] is what one host has of its own. The [`Store`] holds all
//! hosts; a [`Scope`] is what one task on one host sees, and is what templates look names up in.

mod explain;
mod host;
mod hostvars;
mod layer;
mod level;
mod lookup;
mod magic;
mod scope;
mod store;
mod survey;
#[cfg(test)]
mod tests;

pub use explain::Definition;
pub use host::{Facts, HostVars};
pub use layer::{Layer, Names, Variable};
pub use level::Level;
pub use magic::{Magic, ansible_version};
pub use scope::{Scope, SearchPath};
pub use store::Store;
pub use survey::{Said, Survey};

pub(crate) use magic::absolute;
pub(crate) use scope::{ASKED, Frame, SCOPE};

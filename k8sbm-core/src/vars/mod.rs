//! Variables: who set what, where, and which setting wins.
//!
//! A [`Layer`] is one source of variables (a `group_vars` file, a play's `vars`), shared by all
//! hosts it speaks to.

mod layer;
mod level;

pub use layer::{Layer, Names, Variable};
pub use level::Level;

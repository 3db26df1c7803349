//! Packages and the repositories they come from.

mod list;

pub(crate) use list::register;

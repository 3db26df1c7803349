//! Packages and the repositories they come from.

mod apt;
mod dpkg;
mod glob;
mod list;
mod version;
mod wanted;

pub(crate) use glob::Glob;
pub(crate) use list::register;

//! Packages and the repositories they come from.

mod apt;
mod dpkg;
mod glob;
mod list;
mod version;
mod wanted;

pub(crate) use list::register;

//! Packages and the repositories they come from.

mod apt;
mod dpkg;
mod list;
mod manager;
#[expect(clippy::module_inception, reason = "the module is called package")]
mod package;
mod package_facts;
mod version;
mod wanted;

pub(crate) use list::register;

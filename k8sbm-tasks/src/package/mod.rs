//! Packages and the repositories they come from.

mod apt;
mod apt_repository;
mod deb822_repository;
mod dnf;
mod dpkg;
mod dpkg_selections;
mod k8s_packages;
mod list;
mod manager;
#[expect(clippy::module_inception, reason = "the module is called package")]
mod package;
mod package_facts;
mod sources;
mod version;
mod wanted;
mod yum_repository;

pub(crate) use list::register;

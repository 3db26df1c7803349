//! Packages and the repositories they come from.

mod apt;
mod apt_key;
mod apt_repository;
mod deb822_repository;
mod debconf;
mod dnf;
mod dpkg;
mod dpkg_selections;
mod k8s_packages;
mod list;
mod manager;
mod openpgp;
#[expect(clippy::module_inception, reason = "the module is called package")]
mod package;
mod package_facts;
mod pacman;
mod pip;
mod redhat_subscription;
mod rhsm_repository;
mod rpm_key;
mod sources;
mod subscription;
mod version;
mod wanted;
mod yum_repository;

pub(crate) use list::register;

//! The modules of this family.

use super::{
    apt::Apt, apt_repository::AptRepository, deb822_repository::Deb822Repository, dnf::Dnf,
    dpkg_selections::DpkgSelections, k8s_packages::K8sPackages, package::Package,
    package_facts::PackageFacts, yum_repository::YumRepository,
};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Package>()
        .builtin::<Apt>()
        .builtin::<Dnf>()
        .alias("ansible.builtin.dnf5", "dnf")
        .alias("dnf5", "dnf")
        .alias("ansible.builtin.yum", "dnf")
        .alias("ansible.legacy.yum", "dnf")
        .alias("yum", "dnf")
        .builtin::<YumRepository>()
        .builtin::<AptRepository>()
        .builtin::<Deb822Repository>()
        .builtin::<DpkgSelections>()
        .builtin::<PackageFacts>()
        .with::<K8sPackages>()
}

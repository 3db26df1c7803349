//! The modules of this family.

use super::{
    apt::Apt, apt_key::AptKey, apt_repository::AptRepository, deb822_repository::Deb822Repository,
    debconf::Debconf, dnf::Dnf, dpkg_selections::DpkgSelections, k8s_packages::K8sPackages,
    package::Package, package_facts::PackageFacts, pacman::Pacman, pip::Pip,
    redhat_subscription::RedhatSubscription, rhsm_repository::RhsmRepository, rpm_key::RpmKey,
    yum_repository::YumRepository,
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
        .builtin::<RpmKey>()
        .of::<RedhatSubscription>("community.general")
        .of::<RhsmRepository>("community.general")
        .of::<Pacman>("community.general")
        .builtin::<AptRepository>()
        .builtin::<Deb822Repository>()
        .builtin::<AptKey>()
        .builtin::<DpkgSelections>()
        .builtin::<Debconf>()
        .builtin::<PackageFacts>()
        .builtin::<Pip>()
        .with::<K8sPackages>()
}

//! The modules of this family.

use super::{
    apt::Apt, apt_repository::AptRepository, deb822_repository::Deb822Repository,
    dpkg_selections::DpkgSelections, k8s_packages::K8sPackages, package::Package,
    package_facts::PackageFacts,
};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Package>()
        .builtin::<Apt>()
        .builtin::<AptRepository>()
        .builtin::<Deb822Repository>()
        .builtin::<DpkgSelections>()
        .builtin::<PackageFacts>()
        .with::<K8sPackages>()
}

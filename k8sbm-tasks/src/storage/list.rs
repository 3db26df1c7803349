//! The modules of this family.

use super::{filesystem::Filesystem, lvg::Lvg, lvol::Lvol, parted::Parted};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .of::<Parted>("community.general")
        .of::<Lvg>("community.general")
        .of::<Lvol>("community.general")
        .of::<Filesystem>("community.general")
}

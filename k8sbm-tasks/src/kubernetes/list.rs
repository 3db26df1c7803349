//! The modules of this family.

use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
}

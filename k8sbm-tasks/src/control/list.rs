//! The modules of this family.

use super::{assert::Assert, debug::Debug, fail::Fail, set_fact::SetFact};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Debug>()
        .builtin::<Assert>()
        .builtin::<Fail>()
        .builtin::<SetFact>()
}

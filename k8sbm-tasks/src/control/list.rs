//! The modules of this family.

use super::{
    add_host::AddHost, assert::Assert, debug::Debug, fail::Fail, group_by::GroupBy,
    include_vars::IncludeVars, pause::Pause, set_fact::SetFact, set_stats::SetStats,
    validate_argument_spec::ValidateArgumentSpec,
};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Debug>()
        .builtin::<Assert>()
        .builtin::<Fail>()
        .builtin::<SetFact>()
        .builtin::<IncludeVars>()
        .builtin::<SetStats>()
        .builtin::<AddHost>()
        .builtin::<GroupBy>()
        .builtin::<Pause>()
        .builtin::<ValidateArgumentSpec>()
}

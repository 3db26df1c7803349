//! The modules of this family.

use super::{authorized_key::AuthorizedKey, group::Group, known_hosts::KnownHosts, user::User};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<User>()
        .builtin::<Group>()
        .of::<AuthorizedKey>("ansible.posix")
        .builtin::<KnownHosts>()
}

//! The modules of this family.

use super::{firewalld::Firewalld, iptables::Iptables, ufw::Ufw};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Iptables>()
        .of::<Firewalld>("ansible.posix")
        .of::<Ufw>("community.general")
}

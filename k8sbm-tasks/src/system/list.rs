//! The modules of this family.

use super::{hostname::Hostname, modprobe::Modprobe, sysctl::Sysctl, timezone::Timezone};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Hostname>()
        .of::<Sysctl>("ansible.posix")
        .of::<Modprobe>("community.general")
        .of::<Timezone>("community.general")
}

//! The modules of this family.

use super::{
    alternatives::Alternatives, cron::Cron, getent::Getent, hostname::Hostname, modprobe::Modprobe,
    mount::Mount, pam_limits::PamLimits, seboolean::Seboolean, selinux::Selinux, swap::Swap,
    sysctl::Sysctl, timezone::Timezone,
};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Hostname>()
        .of::<Sysctl>("ansible.posix")
        .of::<Modprobe>("community.general")
        .with::<Swap>()
        .of::<Mount>("ansible.posix")
        .of::<PamLimits>("community.general")
        .builtin::<Cron>()
        .builtin::<Getent>()
        .of::<Timezone>("community.general")
        .of::<Alternatives>("community.general")
        .of::<Selinux>("ansible.posix")
        .of::<Seboolean>("ansible.posix")
}

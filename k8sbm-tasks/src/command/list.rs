//! The modules of this family.

use super::{
    async_status::AsyncStatus, command::Command, raw::Raw, reboot::Reboot, script::Script,
    shell::Shell,
};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Command>()
        .builtin::<Shell>()
        .builtin::<Script>()
        .builtin::<Raw>()
        .builtin::<AsyncStatus>()
        .builtin::<Reboot>()
}

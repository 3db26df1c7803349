//! The modules of this family.

use super::{
    gather_facts::GatherFacts, ping::Ping, setup::Setup, uri::Uri, wait_for::WaitFor,
    wait_for_connection::WaitForConnection,
};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Setup>()
        .builtin::<GatherFacts>()
        .builtin::<Ping>()
        .builtin::<WaitFor>()
        .builtin::<WaitForConnection>()
        .builtin::<Uri>()
}

//! The modules of this family.

use super::{service::Service, service_facts::ServiceFacts, systemd::Systemd};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Service>()
        .builtin::<Systemd>()
        .builtin::<ServiceFacts>()
        .alias("systemd_service", "systemd")
        .alias("ansible.builtin.systemd_service", "systemd")
        .alias("ansible.legacy.systemd_service", "systemd")
}

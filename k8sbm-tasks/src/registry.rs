//! The list of all modules, by family.

use crate::{
    command, control, file, firewall, kubernetes, net, package, service, storage, system, user,
};
use k8sbm_core::task::Registry;

/// All modules of k8sbm, in the order of the manual.
///
/// ```
/// let registry = k8sbm_tasks::registry();
/// let module = registry.get("ansible.builtin.debug").unwrap();
/// assert_eq!(module.name, "debug");
/// ```
#[must_use]
pub fn registry() -> Registry {
    let families = [
        command::register,
        file::register,
        package::register,
        service::register,
        system::register,
        storage::register,
        user::register,
        net::register,
        firewall::register,
        kubernetes::register,
        control::register,
    ];
    families
        .into_iter()
        .fold(Registry::default(), |registry, register| register(registry))
}

#[cfg(test)]
mod tests;

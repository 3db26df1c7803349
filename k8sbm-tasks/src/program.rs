//! Programs that a task needs, and that a host may not have.

use k8sbm_core::{
    host::Output,
    task::{Error, Probe, Result},
};

/// Refuses a host on which a program was not found by who called it; names Debian's package of it.
pub(crate) fn found(output: &Output, name: &str, package: &str) -> Result<()> {
    match output.status {
        127 => Err(missing(name, package).returning("rc", output.status)),
        _ => Ok(()),
    }
}

/// Refuses a host without a program, before it is called; names Debian's package of it.
pub(crate) async fn installed(host: &Probe, name: &str, package: &str) -> Result<()> {
    let look = ["sh", "-c", "command -v -- \"$1\"", "sh", name];
    match host.query(look).await?.success() {
        true => Ok(()),
        false => Err(missing(name, package)),
    }
}

fn missing(name: &str, package: &str) -> Error {
    Error::failed(format!("the host has no {name}"))
        .hint(format!("install the package `{package}` before"))
}

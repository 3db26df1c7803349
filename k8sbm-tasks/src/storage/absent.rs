//! What a task needs and the host has not yet.

use k8sbm_core::task::{Error, Plan};

/// Plans what cannot be said before something is there.
///
/// In check mode an earlier task may be the one that makes it; in a run that task came before, so it is missing.
pub(super) fn awaited(plan: &mut Plan, deed: &str, missing: &str) {
    let error = Error::failed(format!("{missing} is not there"))
        .hint("it must be there before this task: made by hand, or by an earlier task");
    let summary = format!("{deed}, once {missing} is there");
    plan.warn(format!(
        "{missing} is not there yet: unless an earlier task makes it, this one fails"
    ));
    plan.act(summary, async |_| Err(error));
}

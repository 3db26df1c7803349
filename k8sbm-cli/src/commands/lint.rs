//! `k8sbm lint`: mistakes, found without touching a host.

use super::{Context, session::Session};
use crate::{args::LintArgs, exit::Exit, request::Asked, trouble::Trouble};
use k8sbm_core::{event::Silent, run::Nobody};
use std::sync::Arc;

/// Loads playbooks, and judges the inventory if it describes a cluster.
///
/// # Errors
/// With all mistakes that were found.
pub fn lint(args: &LintArgs, context: &Context) -> Result<Exit, Trouble> {
    let nobody = (Arc::new(Silent) as Arc<_>, Arc::new(Nobody) as Arc<_>);
    let first = args.playbooks.first().map(|path| &**path);
    let session = Session::open(&args.how, Asked::default(), first, nobody, context)?;
    context.warn(&session.warnings);
    let mut mistakes = Vec::new();
    let loaded = if args.playbooks.is_empty() {
        Ok(Vec::new())
    } else {
        session.load(&args.playbooks)
    };
    match loaded {
        Ok(playbooks) => {
            for (_, playbook) in &playbooks {
                context.warn(&playbook.warnings);
            }
        }
        Err(trouble) => mistakes.extend(trouble.diagnostics),
    }
    // An inventory without a control plane may be one for anything.
    let survey = session.ready.survey();
    let is_cluster = !survey.group("control_plane").is_empty();
    if is_cluster || (args.playbooks.is_empty() && !args.how.inventory.inventory.is_empty()) {
        mistakes.extend(k8sbm_tasks::inventory_mistakes(&survey));
    }
    if mistakes.is_empty() {
        context.print("no mistakes found\n")?;
        return Ok(Exit::Ok);
    }
    Err(Trouble::mistakes(mistakes))
}

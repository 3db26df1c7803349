//! `k8sbm lint`: mistakes, found without touching a host.

use super::{Context, session::Session};
use crate::{
    args::{LintArgs, LintForm},
    exit::Exit,
    render::Weight,
    report::{github, sarif},
    request::{Asked, Repository, alone, check_playbooks},
    trouble::Trouble,
};
use k8sbm_core::{diagnostic::Diagnostic, event::Silent, playbook::Review, run::Nobody};
use std::{path::Path, sync::Arc};

/// Looks at playbooks and at whole directories of them, and judges the inventory if it describes a cluster.
///
/// # Errors
/// When something cannot be read, or with all mistakes where people read them.
pub fn lint(args: &LintArgs, context: &Context) -> Result<Exit, Trouble> {
    let first = args.paths.first().map(|path| match path.is_dir() {
        true => path.join("site.yml"),
        false => path.clone(),
    });
    let nobody = (Arc::new(Silent) as Arc<_>, Arc::new(Nobody) as Arc<_>);
    let session = Session::open(
        &args.how,
        Asked::default(),
        first.as_deref(),
        nobody,
        context,
    )?;
    let mut review = Review::default();
    for path in &args.paths {
        if path.is_dir() {
            directory(&session, path, &mut review);
        } else {
            check_playbooks(std::slice::from_ref(path))?;
            playbook(&session, path, &mut review);
        }
    }
    let (mut mistakes, found) = review.finish();
    let mut warnings = session.warnings.clone();
    warnings.extend(found);
    // An inventory without a control plane may be one for anything.
    let survey = session.ready.survey();
    let is_cluster = !survey.group("control_plane").is_empty();
    if is_cluster || (args.paths.is_empty() && !args.how.inventory.inventory.is_empty()) {
        mistakes.extend(k8sbm_tasks::inventory_mistakes(&survey));
    }
    tell(args.format, warnings, mistakes, context)
}

fn playbook(session: &Session, path: &Path, review: &mut Review) {
    match session.ready.load(path) {
        Ok(playbook) => session.ready.review(&playbook, review),
        Err(mistakes) => review.mistakes.extend(mistakes),
    }
}

/// The playbooks first: what they bring into a role decides how its files are read.
fn directory(session: &Session, path: &Path, review: &mut Review) {
    let repository = Repository::find(path);
    for path in &repository.playbooks {
        playbook(session, path, review);
    }
    for (role, file) in &repository.tasks {
        if !review.has_seen(file)
            && let Ok(playbook) = session.ready.load_text(&alone(path, role, file))
        {
            session.ready.review(&playbook, review);
        }
    }
}

fn tell(
    form: LintForm,
    warnings: Vec<Diagnostic>,
    mistakes: Vec<Diagnostic>,
    context: &Context,
) -> Result<Exit, Trouble> {
    let clean = mistakes.is_empty();
    if matches!(form, LintForm::Text) {
        context.warn(&warnings);
        if !clean {
            return Err(Trouble::mistakes(mistakes));
        }
        context.print("no mistakes found\n")?;
        return Ok(Exit::Ok);
    }
    let weigh = |weight| move |diagnostic| (weight, diagnostic);
    let mistakes = mistakes.into_iter().map(weigh(Weight::Error));
    let found: Vec<_> = mistakes
        .chain(warnings.into_iter().map(weigh(Weight::Warning)))
        .collect();
    context.print(&match form {
        LintForm::Sarif => sarif::log(&found),
        _ => github::commands(&found),
    })?;
    Ok(if clean { Exit::Ok } else { Exit::Mistake })
}

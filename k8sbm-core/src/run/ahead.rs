//! Looking ahead: the tasks that follow are planned with the one whose turn it is, so that their looks travel together.

use super::{failure::Cannot, instance::Instance, job::Job, prepare::Preparing, prepared::Body};
use std::{collections::HashSet, sync::Arc};

/// What was prepared before for this instance, or what is prepared now, together with what may follow.
pub(super) async fn prepare(instance: &Instance, next: Vec<Arc<Job>>) -> Result<Body, Cannot> {
    let Instance {
        shared,
        player,
        job,
        scope,
        ..
    } = instance;
    if let Some(prepared) = player.take_prepared(job.info.id, shared) {
        return Ok(prepared.body);
    }
    let now = Preparing {
        shared,
        player,
        job,
        ahead: false,
    };
    let window = player.next_window(shared.options.look_ahead);
    let acts = job.module(shared).is_none_or(|module| module.always_acts)
        || job.spec.delegate_to.is_some();
    let sets = job.sets(shared);
    let (Some(sets), false, true) = (sets, acts, window > 1 && !next.is_empty()) else {
        return now
            .prepare(scope.clone())
            .await
            .map(|prepared| prepared.body);
    };
    let machine = player.machine(|| super::ways::machine(shared, scope, None))?;
    let mut pending: HashSet<Arc<str>> = sets.into_iter().collect();
    let mut jobs = vec![(job.clone(), scope.clone())];
    for job in next.into_iter().take(window - 1) {
        let still_to_come = (!pending.is_empty()).then(|| Arc::new(pending.clone()));
        let scope = instance.scope_of(&job).with_pending(still_to_come);
        pending.extend(job.sets(shared).into_iter().flatten());
        jobs.push((job, scope));
    }
    let preparing = jobs.iter().enumerate().map(|(at, (job, scope))| {
        let preparing = Preparing {
            shared,
            player,
            job,
            ahead: at > 0,
        };
        preparing.prepare(scope.clone())
    });
    let mut prepared = machine.together(preparing).await.into_iter();
    let first = prepared.next().unwrap_or(Err(Cannot::NotYet));
    for ((job, _), prepared) in jobs.iter().skip(1).zip(prepared) {
        // What could not be said ahead is tried again when it is its turn.
        if let Ok(prepared) = prepared
            && prepared.is_sound()
        {
            player.keep_prepared(job.info.id, prepared);
        }
    }
    first.map(|prepared| prepared.body)
}

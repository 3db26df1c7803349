//! Tasks that are started and left (`async` with `poll: 0`): on their host where they are one command, else in this run.

use super::{
    failure::{Cannot, Failure},
    instance::{Instance, Past},
    outcome::Round,
    prepared::Planned,
    shared::Shared,
};
use crate::{
    event::Event,
    host::{Host, background::Job},
    task::Returns,
    vars::Scope,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::JoinHandle;

/// What `async` asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Background {
    /// It is waited for.
    Awaited,
    /// It is started and left, and may take this long.
    Left(Duration),
}

/// Ansible looks at a job that it left every so many seconds; `async: 1` for `sleep 3 && reboot` relies on that.
const STEP: f64 = 5.0;

/// A task that goes on in the background of the run.
pub(super) struct Left {
    task: Arc<str>,
    host: Arc<str>,
    work: JoinHandle<Round>,
}

impl Background {
    /// What a task that was waited for returns of having been a job.
    pub fn over() -> Returns {
        told(&new_id(), true)
    }
}

/// The id of a job, as Ansible writes them.
fn new_id() -> String {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    format!("j{}.{}", high % 1_000_000_000_000, low % 1_000_000)
}

fn told(id: &str, finished: bool) -> Returns {
    let mut returns = Returns::new();
    returns.insert("ansible_job_id".into(), id.into());
    returns.insert("started".into(), true.into());
    returns.insert("finished".into(), finished.into());
    returns
}

impl Instance {
    /// What `async` and `poll` ask for of a task with this limit; nothing where `async` is 0.
    pub(super) fn background(
        &self,
        limit: Option<f64>,
        scope: &Scope,
    ) -> Result<Option<Background>, Cannot> {
        let (Some((seconds, poll)), Some(limit)) = (&self.job.spec.background, limit) else {
            return Ok(None);
        };
        // A limit of `timeout` does not make it a job.
        if self.seconds(seconds, scope)? == 0.0 {
            return Ok(None);
        }
        Ok(Some(match self.seconds(poll, scope)? == 0.0 {
            true => Background::Left(Duration::from_secs_f64((limit / STEP).ceil() * STEP)),
            false => Background::Awaited,
        }))
    }

    /// Starts what was planned, and goes on.
    pub(super) async fn leave(&self, planned: Planned, limit: Duration) -> Round {
        let check = self.job.spec.check_mode.as_ref();
        match self.switch(check, self.shared.options.check) {
            Ok(false) => {}
            Ok(true) => return self.carry_out(planned).await,
            Err(cannot) => return self.cannot(cannot),
        }
        let changed = !planned.plan.is_empty();
        let (delegate, id) = (planned.delegate.clone(), new_id());
        let job = Job {
            id: id.clone(),
            limit,
        };
        let folder = match self.begin(planned, &job).await {
            Ok(folder) => folder,
            Err(cannot) => return self.cannot(cannot),
        };
        let mut result = told(&id, false);
        result.insert("results_file".into(), folder.into());
        result.insert("changed".into(), changed.into());
        result.insert("failed".into(), false.into());
        Round {
            result,
            changed,
            delegate,
            ..Round::default()
        }
    }

    async fn begin(&self, mut planned: Planned, job: &Job) -> Result<String, Cannot> {
        let host = planned.host.clone();
        if let Some(work) = planned.plan.detached.take() {
            return Ok(job.detach(&host, work).await?);
        }
        let folder = job.begin(&host).await?;
        let instance = Self {
            shared: self.shared.clone(),
            player: self.player.clone(),
            job: self.job.clone(),
            news: self.news.clone(),
            peers: self.peers.clone(),
            scope: self.scope.clone(),
            past: Mutex::new(Past::default()),
        };
        let work = tokio::spawn(carry_on(instance, planned, folder.clone(), job.limit));
        let left = Left {
            task: self.job.info.name.clone(),
            host: self.player.name().clone(),
            work,
        };
        self.shared.left().push(left);
        Ok(folder)
    }
}

/// Carries out a plan while the run goes on, and leaves the result on the host.
async fn carry_on(instance: Instance, planned: Planned, folder: String, limit: Duration) -> Round {
    let host = planned.host.clone();
    let round = match tokio::time::timeout(limit, instance.carry_out(planned)).await {
        Ok(round) => round,
        Err(_) => Round::failure(Failure::new(format!(
            "the job ran longer than {} s, and was given up",
            limit.as_secs_f64()
        ))),
    };
    match keep(&host, &folder, &round).await {
        Ok(()) => round,
        Err(cannot) => instance.cannot(cannot),
    }
}

async fn keep(host: &Host, folder: &str, round: &Round) -> Result<(), Cannot> {
    Ok(Job::end(host, folder, &round.result).await?)
}

impl Shared {
    fn left(&self) -> std::sync::MutexGuard<'_, Vec<Left>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the tasks that go on in the background of the run, and tells which of them failed unseen.
    pub async fn await_left(&self) {
        let left = std::mem::take(&mut *self.left());
        let left: Vec<Left> = left
            .into_iter()
            .filter(|left| !left.work.is_finished())
            .collect();
        let tell = |message: String| {
            let place = None;
            self.tell(Event::Warning { message, place });
        };
        for Left { task, host, .. } in &left {
            tell(format!(
                "{host}: waiting for `{task}`, which goes on in the background"
            ));
        }
        for Left { task, host, work } in left {
            let failed = match work.await {
                Ok(round) if round.failed || round.unreachable => round.result.get("msg").cloned(),
                Ok(_) => None,
                Err(error) => Some(error.to_string().into()),
            };
            if let Some(why) = failed {
                let why = why.as_str().map(str::to_owned).unwrap_or_default();
                tell(format!("{host}: `{task}` failed in the background: {why}"));
            }
        }
    }
}

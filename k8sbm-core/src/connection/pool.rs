//! The shells of one host.

use super::script::{self, Step};
use super::shell::{End, Shell};
use super::transport::Transport;
use super::{
    Answer, Connection, ConnectionError, ConnectionErrorKind, Request, RunAs, become_user,
};
use crate::connection::quote;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Shells that one host runs at once; sshd allows ten sessions on one connection.
const SHELLS: usize = 8;

/// How long a new shell may take to say its first word.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long ending what was given up may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// A connection made of persistent shells over a transport.
#[derive(Debug)]
pub(crate) struct Shells<T> {
    transport: T,
    idle: Mutex<Vec<(RunAs, Shell)>>,
    /// Shells at work, and those whose work nobody waits for any more.
    working: Mutex<Vec<Working>>,
    permits: Semaphore,
}

/// A shell at work: whose it is, and its process group on the host, once known.
type Working = (RunAs, Arc<OnceLock<String>>);

/// Takes a shell off the list of those at work when it is done; one that is given up stays there.
struct AtWork<'a> {
    list: &'a Mutex<Vec<Working>>,
    group: Arc<OnceLock<String>>,
}

impl AtWork<'_> {
    fn done(self) {
        lock(self.list).retain(|(_, group)| !Arc::ptr_eq(group, &self.group));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Transport> Shells<T> {
    pub fn new(transport: T) -> Self {
        Self {
            transport,
            idle: Mutex::default(),
            working: Mutex::default(),
            permits: Semaphore::new(SHELLS),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(RunAs, Shell)>> {
        lock(&self.idle)
    }

    fn at_work(&self, user: &RunAs, shell: &Shell) -> AtWork<'_> {
        let group = shell.group();
        lock(&self.working).push((user.clone(), group.clone()));
        AtWork {
            list: &self.working,
            group,
        }
    }

    /// An idle shell of the user, or a new one; and whether it is new.
    async fn shell(&self, user: &RunAs) -> Result<(Shell, bool), ConnectionError> {
        {
            let mut idle = self.idle();
            while let Some(at) = idle.iter().rposition(|(owner, _)| owner == user) {
                let (_, mut shell) = idle.swap_remove(at);
                if shell.is_quiet() {
                    return Ok((shell, false));
                }
            }
            // Idle shells count as sessions; there is a permit for this one, so one of them can go.
            if idle.len() > self.permits.available_permits() {
                idle.remove(0);
            }
        }
        let channel = become_user::open(&self.transport, user).await?;
        Ok((Shell::new(channel, PATIENCE), true))
    }

    /// Runs steps, on as many shells as it takes, and fills in the answers.
    async fn run(
        &self,
        user: &RunAs,
        mut steps: Vec<Step>,
        answers: &mut [Option<Answer>],
        _permit: &SemaphorePermit<'_>,
    ) -> Result<(), ConnectionError> {
        let mut tried_again = false;
        let mut again = Vec::new();
        while !steps.is_empty() {
            let (mut shell, fresh) = self.shell(user).await?;
            let count = steps.iter().position(|step| step.last);
            let count = count.map_or(steps.len(), |last| last + 1);
            let at_work = self.at_work(user, &shell);
            let ran = shell.run(&steps[..count]).await;
            at_work.done();
            let done: Vec<_> = steps.drain(..ran.sections.len()).collect();
            for (step, section) in done.into_iter().zip(ran.sections) {
                again.extend(script::answer(step.asks, section, answers));
            }
            match ran.end {
                End::Ready => self.idle().push((user.clone(), shell)),
                End::Spent => {}
                End::Expired(limit) => {
                    self.kill(user, &shell.group()).await;
                    script::expired(&steps.remove(0).asks, limit, answers);
                }
                End::Silent(patience) => {
                    return Err(ConnectionError {
                        kind: ConnectionErrorKind::Unreachable,
                        message: format!("no shell answered within {patience:?}").into(),
                        hint: Some("what do the login scripts of the user wait for?".into()),
                    });
                }
                End::Died { begun, words } => {
                    // What a shell left idle has not begun, or what only looks, can be asked anew.
                    let harmless = steps[..count.min(steps.len())]
                        .iter()
                        .all(|step| step.asks.only_looks());
                    if fresh || tried_again || begun || !harmless {
                        return Err(self.died(user, begun, &words).await);
                    }
                    tried_again = true;
                }
            }
            if steps.is_empty() {
                steps = std::mem::take(&mut again);
            }
        }
        Ok(())
    }

    /// Why a shell ended.
    async fn died(&self, user: &RunAs, begun: bool, words: &str) -> ConnectionError {
        let refused = matches!(user, RunAs::Become { .. }) && !begun;
        if let Some(error) = refused.then(|| become_user::explain(words)).flatten() {
            return error;
        }
        self.transport.ended(words).await
    }

    /// Ends what shells run that are at work still, or were given up.
    async fn end_work(&self) {
        let left = std::mem::take(&mut *lock(&self.working));
        let ends = left.iter().map(|(user, group)| self.kill(user, group));
        // A host that is gone is not waited for.
        let _ = tokio::time::timeout(FAREWELL, futures::future::join_all(ends)).await;
    }

    /// Ends all that a shell runs, from another shell.
    async fn kill(&self, user: &RunAs, group: &OnceLock<String>) {
        let Some(group) = group.get() else { return };
        let kill = Step {
            text: format!("kill -s KILL -- -{}", quote(group)).into_bytes(),
            asks: script::Asks::Run(0),
            upload: None,
            limit: Some(PATIENCE),
            last: false,
        };
        if let Ok((mut killer, _)) = self.shell(user).await
            && killer.run(&[kill]).await.end == End::Ready
        {
            self.idle().push((user.clone(), killer));
        }
    }
}

#[async_trait]
impl<T: Transport> Connection for Shells<T> {
    async fn send(
        &self,
        user: &RunAs,
        requests: Vec<Request>,
    ) -> Result<Vec<Answer>, ConnectionError> {
        let permit = self.permits.acquire().await.map_err(|_| ConnectionError {
            kind: ConnectionErrorKind::Unreachable,
            message: "the connection is closed".into(),
            hint: None,
        })?;
        let (steps, mut answers) = script::compile(requests);
        self.run(user, steps, &mut answers, &permit).await?;
        let unanswered = || ConnectionError {
            kind: ConnectionErrorKind::Protocol,
            message: "the host did not answer all that was asked".into(),
            hint: None,
        };
        answers
            .into_iter()
            .map(|answer| answer.ok_or_else(unanswered))
            .collect()
    }

    async fn reset(&self) {
        self.end_work().await;
        self.idle().clear();
        self.transport.reset().await;
    }

    async fn close(&self) {
        self.end_work().await;
        self.idle().clear();
        self.transport.close().await;
    }
}

#[cfg(test)]
mod tests;

//! One host of a run: its connection, what was seen of it, what is known of it.

use super::{Facts, Look, Seen};
use crate::connection::{Answer, Connection, ConnectionError, ConnectionErrorKind, Request, RunAs};
use futures::stream::{FuturesUnordered, Stream};
use indexmap::IndexMap;
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// How long a look may be shared between tasks: services stop and leases expire without any task.
const FRESH: Duration = Duration::from_secs(10);

type Key = (Arc<RunAs>, Look);
type Reply = Result<Seen, ConnectionError>;
type Askers = Vec<oneshot::Sender<Reply>>;
type Batch = IndexMap<Key, Askers>;

/// One host of a run.
///
/// Looks that are asked at the same time travel in one frame; equal looks are asked once until something changes.
#[derive(Debug)]
pub struct Machine {
    name: Arc<str>,
    connection: Arc<dyn Connection>,
    table: Mutex<Table>,
    facts: Mutex<Option<Arc<Facts>>>,
    /// What copies of files are called, so that the same plan says the same name twice.
    backups: Mutex<HashMap<String, String>>,
}

#[derive(Debug, Default)]
struct Table {
    seen: HashMap<Key, (Seen, Instant)>,
    waiting: Batch,
    generation: u64,
    sessions: usize,
    sending: bool,
}

impl Machine {
    /// A host that is reached through `connection`; nothing is opened before it is needed.
    pub fn new(name: impl Into<Arc<str>>, connection: Arc<dyn Connection>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            connection,
            table: Mutex::default(),
            facts: Mutex::default(),
            backups: Mutex::default(),
        })
    }

    /// The host's name in the inventory.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The way to reach it.
    pub fn connection(&self) -> &Arc<dyn Connection> {
        &self.connection
    }

    /// Grows whenever something was done to the host; a plan is worth nothing once it grew.
    pub fn generation(&self) -> u64 {
        self.table().generation
    }

    /// The name for a copy of a file; it stays the same until something is done to the host.
    pub(crate) fn backup_name(&self, path: &str, name: impl FnOnce() -> String) -> String {
        let mut backups = self.backups.lock().unwrap_or_else(PoisonError::into_inner);
        backups.entry(path.to_owned()).or_insert_with(name).clone()
    }

    /// Lets copies of files get new names, since something is done to the host.
    pub(crate) fn forget_backup_names(&self) {
        let mut backups = self.backups.lock().unwrap_or_else(PoisonError::into_inner);
        backups.clear();
    }

    /// Forgets what was seen, since something was done to the host or time has passed.
    pub fn forget(&self) {
        let mut table = self.table();
        table.generation += 1;
        table.seen = HashMap::new();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn known_facts(&self) -> MutexGuard<'_, Option<Arc<Facts>>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the host, or remembers.
    pub(crate) async fn ask(self: &Arc<Self>, user: &Arc<RunAs>, look: Look) -> Reply {
        let key = (user.clone(), look);
        let answer = {
            let mut table = self.table();
            if let Some((seen, at)) = table.seen.get(&key)
                && at.elapsed() < FRESH
            {
                return Ok(seen.clone());
            }
            let (sender, receiver) = oneshot::channel();
            table.waiting.entry(key).or_default().push(sender);
            receiver
        };
        if self.table().sessions == 0 {
            self.kick();
        }
        answer.await.unwrap_or_else(|_| Err(interrupted()))
    }

    /// Asks the host what lies beyond it: beside other looks, since it can take its time, and not remembered.
    pub(crate) async fn ask_beyond(&self, user: &RunAs, look: Look) -> Reply {
        let answers = self.connection.send(user, vec![Request::Look(look)]).await;
        answers?.pop().map_or_else(|| Err(interrupted()), seen)
    }

    /// Runs futures that look at this host side by side; their looks travel together.
    pub async fn together<F: Future>(
        self: &Arc<Self>,
        futures: impl IntoIterator<Item = F>,
    ) -> Vec<F::Output> {
        let session = Session::open(self);
        let mut running: FuturesUnordered<_> = futures
            .into_iter()
            .enumerate()
            .map(|(at, future)| async move { (at, future.await) })
            .collect();
        let mut done: Vec<(usize, F::Output)> = Vec::with_capacity(running.len());
        std::future::poll_fn(|context| {
            loop {
                match pin!(&mut running).poll_next(context) {
                    Poll::Ready(Some(output)) => done.push(output),
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => break,
                }
            }
            self.kick();
            Poll::Pending
        })
        .await;
        drop(session);
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, output)| output).collect()
    }

    /// Sends what waits, unless a frame is under way.
    fn kick(self: &Arc<Self>) {
        let mut table = self.table();
        if table.sending || table.waiting.is_empty() {
            return;
        }
        table.sending = true;
        drop(table);
        let machine = self.clone();
        tokio::spawn(async move {
            while let Some((generation, batch)) = machine.next_batch() {
                machine.deliver(generation, batch).await;
            }
        });
    }

    fn next_batch(&self) -> Option<(u64, Batch)> {
        let mut table = self.table();
        if table.waiting.is_empty() {
            table.sending = false;
            return None;
        }
        Some((table.generation, std::mem::take(&mut table.waiting)))
    }

    async fn deliver(&self, generation: u64, batch: Batch) {
        let mut by_user: IndexMap<Arc<RunAs>, Vec<(Look, Askers)>> = IndexMap::new();
        for ((user, look), senders) in batch {
            by_user.entry(user).or_default().push((look, senders));
        }
        for (user, asked) in by_user {
            let requests = asked
                .iter()
                .map(|(look, _)| Request::Look(look.clone()))
                .collect();
            let mut answers = match self.connection.send(&user, requests).await {
                Ok(answers) => answers
                    .into_iter()
                    .map(seen)
                    .collect::<Vec<_>>()
                    .into_iter(),
                Err(error) => vec![Err(error); asked.len()].into_iter(),
            };
            let now = Instant::now();
            let mut table = self.table();
            for (look, senders) in asked {
                let reply = answers.next().unwrap_or_else(|| Err(interrupted()));
                if let Ok(seen) = &reply
                    && table.generation == generation
                {
                    table.seen.insert((user.clone(), look), (seen.clone(), now));
                }
                for sender in senders {
                    // Who asked may have gone away meanwhile.
                    let _ = sender.send(reply.clone());
                }
            }
        }
    }
}

fn seen(answer: Answer) -> Reply {
    match answer {
        Answer::Seen(seen) => Ok(seen),
        Answer::TimedOut(limit) => Ok(Seen::Failed(
            format!("no answer within {} s", limit.as_secs()).into(),
        )),
        Answer::Output(output) => Ok(Seen::Output(Arc::new(output))),
        Answer::Changed(_) => Err(interrupted()),
    }
}

fn interrupted() -> ConnectionError {
    ConnectionError {
        kind: ConnectionErrorKind::Protocol,
        message: "the question was given up".into(),
        hint: None,
    }
}

/// While one is open, looks wait for each other.
struct Session<'a>(&'a Arc<Machine>);

impl<'a> Session<'a> {
    fn open(machine: &'a Arc<Machine>) -> Self {
        machine.table().sessions += 1;
        Self(machine)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.0.table().sessions -= 1;
        self.0.kick();
    }
}

//! What all plays of a run share.

use super::{
    background::Left,
    connector::{Connector, Way},
    ground::Ground,
    options::Options,
    parting::Parting,
    stopwatch::Stopwatch,
};
use crate::{
    diagnostic::Diagnostic,
    event::{Event, Finished, Outcome, Sink, TaskInfo},
    host::Machine,
    inventory::{HostOrder, Inventory, Pattern},
    node::Reading,
    node::Span,
    playbook::{Loader, Play, TaskSpec, starts_at},
    redact::Secrets,
    task::Registry,
    template::Engine,
    vars::{HostVars, Magic, Store},
    vault,
};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::Semaphore;

/// Asks the person at the terminal.
pub trait Prompter: Send + Sync {
    /// Shows a prompt and reads a line; nothing when nobody is there.
    fn ask(&self, prompt: &str, echo: bool) -> Option<String>;
}

/// Nobody is there.
#[derive(Debug, Default)]
pub struct Nobody;

impl Prompter for Nobody {
    fn ask(&self, _: &str, _: bool) -> Option<String> {
        None
    }
}

/// Something that a task adds to the inventory.
pub(super) type Growth = Box<dyn Fn(&mut Inventory) -> Result<(), Diagnostic> + Send>;

/// What all plays of a run share.
pub(super) struct Shared {
    pub registry: Arc<Registry>,
    pub store: Arc<Store>,
    pub engine: Arc<Engine>,
    pub magic: Arc<Magic>,
    pub options: Arc<Options>,
    pub sink: Arc<dyn Sink>,
    pub connector: Arc<dyn Connector>,
    pub prompter: Arc<dyn Prompter>,
    pub loader: Arc<Loader>,
    pub inventory: Mutex<Inventory>,
    /// What the run added to the inventory, to be added again when that is read anew.
    pub grown: Mutex<Vec<Growth>>,
    pub ground: Mutex<Ground>,
    pub sources: Vec<String>,
    pub reading: Reading,
    pub secrets: Arc<Secrets>,
    pub forks: Arc<Semaphore>,
    /// Grows when any host was changed, since that may show on others.
    pub epoch: AtomicU64,
    /// In check mode, by host, the first task that would have changed it.
    pub would_change: Mutex<HashMap<Arc<str>, Arc<str>>>,
    /// Somebody wants it to stop.
    pub stop: Arc<AtomicBool>,
    /// The task of `--start-at-task` was seen.
    pub started: AtomicBool,
    pub numbers: crate::graph::Numbers,
    pub parting: Parting,
    /// Tasks that go on in the background of the run.
    pub left: Mutex<Vec<Left>>,
    pub stopwatch: Arc<Stopwatch>,
    pub machines: Mutex<HashMap<Way, Arc<Machine>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub fn note_change(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// The first task that would have changed a host.
    pub fn would_change(&self, host: &str) -> Option<Arc<str>> {
        lock(&self.would_change).get(host).cloned()
    }

    pub fn note_would_change(&self, host: &Arc<str>, task: &Arc<str>) {
        lock(&self.would_change)
            .entry(host.clone())
            .or_insert_with(|| task.clone());
    }

    /// The variables of all hosts.
    pub fn survey(&self) -> crate::vars::Survey {
        crate::vars::Survey::new(self.store.clone(), self.magic.clone())
    }

    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Whether `--start-at-task` has been reached, by this task or before.
    pub fn has_started(&self, spec: &TaskSpec) -> bool {
        let Some(start) = &self.options.start_at_task else {
            return true;
        };
        if starts_at(spec, start) {
            self.started.store(true, Ordering::Release);
        }
        self.started.load(Ordering::Acquire)
    }

    /// Whether `--start-at-task` has been reached, or is reached in this play, which begins as always then.
    pub fn starts_within(&self, play: &Play) -> bool {
        let Some(start) = &self.options.start_at_task else {
            return true;
        };
        self.started.load(Ordering::Acquire)
            || play.tasks().into_iter().any(|spec| starts_at(spec, start))
    }

    /// Puts an event into the stream, without secrets.
    pub fn tell(&self, mut event: Event) {
        if !self.secrets.is_empty() {
            self.hide(&mut event);
        }
        self.sink.event(&event);
    }

    /// Tells what the user should know.
    pub fn warn(&self, warnings: &[Diagnostic]) {
        for warning in warnings {
            self.tell(Event::Warning {
                message: warning.message.clone(),
                place: warning.span().map(ToString::to_string),
            });
        }
    }

    fn hide(&self, event: &mut Event) {
        match event {
            Event::HostFinished(finished) | Event::ItemFinished(finished) => {
                self.secrets.hide_in(Arc::make_mut(&mut finished.result));
                for change in &mut finished.changes {
                    self.secrets.hide(&mut change.summary);
                    if let Some(diff) = &mut change.diff {
                        self.secrets.hide(&mut diff.before);
                        self.secrets.hide(&mut diff.after);
                    }
                }
                if let Some(item) = &mut finished.item {
                    self.secrets.hide(item);
                }
                if let Some(diagnostic) = &mut finished.diagnostic {
                    self.secrets.hide_in_diagnostic(Arc::make_mut(diagnostic));
                }
            }
            Event::Retry { result, .. } => self.secrets.hide_in(Arc::make_mut(result)),
            Event::Warning { message, .. } | Event::Progress { text: message, .. } => {
                self.secrets.hide(message);
            }
            Event::Broken { diagnostic } => {
                self.secrets.hide_in_diagnostic(Arc::make_mut(diagnostic));
            }
            _ => {}
        }
    }

    /// Tells that a task cannot begin on a host.
    pub fn tell_blocked(&self, task: &TaskInfo, host: &Arc<str>, by: String) {
        self.tell(Event::HostFinished(Box::new(Finished {
            task: task.id,
            host: host.clone(),
            delegate: None,
            outcome: Outcome::Blocked { by: by.clone() },
            changes: Vec::new(),
            result: Arc::new(
                serde_json::json!({ "changed": false, "msg": format!("blocked by {by}") }),
            ),
            item: None,
            diagnostic: None,
            seconds: 0.0,
        })));
    }

    /// The machine that a way leads to; one for each way.
    pub fn machine(&self, way: Way) -> Result<Arc<Machine>, String> {
        let mut machines = lock(&self.machines);
        if let Some(machine) = machines.get(&way) {
            return Ok(machine.clone());
        }
        let connection = self.stopwatch.timed(self.connector.connect(&way)?);
        let machine = Machine::new(way.name.clone(), connection);
        machines.insert(way, machine.clone());
        Ok(machine)
    }

    /// Closes all connections.
    pub async fn close(&self) {
        let machines: Vec<Arc<Machine>> = lock(&self.machines)
            .drain()
            .map(|(_, machine)| machine)
            .collect();
        futures::future::join_all(machines.iter().map(|machine| machine.connection().close()))
            .await;
    }

    /// The variables of a host; one that no inventory names (`localhost`, an address) has none of its own.
    pub fn host_named(&self, name: &str) -> Arc<HostVars> {
        if let Some(vars) = self.store.host_named(name) {
            return vars;
        }
        let inventory = lock(&self.inventory);
        let layers = match inventory.host_id(name) {
            Some(id) => lock(&self.ground).layers(&inventory, id).ok(),
            None => None,
        };
        let vars = Arc::new(HostVars::new(
            name,
            layers.unwrap_or_else(|| Arc::from([])),
            Arc::from([]),
        ));
        self.recall(&vars);
        self.store.add_hidden(vars.clone());
        vars
    }

    /// A host with nothing of its own, for what is rendered for a whole play.
    pub fn nobody(&self) -> Arc<HostVars> {
        Arc::new(HostVars::new("localhost", Arc::from([]), Arc::from([])))
    }

    /// Whether a name means this machine without any inventory saying so.
    pub fn is_implicit(&self, name: &str) -> bool {
        let inventory = lock(&self.inventory);
        inventory
            .host_id(name)
            .is_none_or(|id| inventory.host(id).implicit)
    }

    /// The hosts that a pattern means.
    pub fn select(&self, pattern: &Pattern) -> Result<Vec<Arc<str>>, Diagnostic> {
        let inventory = lock(&self.inventory);
        let selection = inventory.select(pattern)?;
        Ok(selection
            .hosts
            .iter()
            .map(|id| inventory.host(*id).name.clone())
            .collect())
    }

    /// The hosts that a pattern and the limit of the run mean, in order.
    pub fn select_limited(
        &self,
        pattern: &Pattern,
        order: HostOrder,
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        let inventory = lock(&self.inventory);
        let limit = self
            .options
            .limit
            .as_deref()
            .map(|limit| Pattern::parse(limit, &Span::none()))
            .transpose()?;
        let mut selection = inventory.select_within(pattern, limit.as_ref())?;
        order.apply(&mut selection.hosts, &inventory);
        self.warn(&selection.warnings);
        Ok(selection
            .hosts
            .iter()
            .map(|id| inventory.host(*id).name.clone())
            .collect())
    }

    /// Adds to the inventory, and gives hosts and groups the variables that follow.
    pub fn grow_inventory(
        &self,
        grow: impl Fn(&mut Inventory) -> Result<(), Diagnostic> + Send + 'static,
    ) -> Result<bool, Diagnostic> {
        let mut inventory = lock(&self.inventory);
        let before = inventory.version();
        grow(&mut inventory)?;
        let grown = inventory.version() != before;
        if grown {
            lock(&self.grown).push(Box::new(grow));
            let mut ground = lock(&self.ground);
            ground.forget();
            ground.lay(&inventory, &self.store)?;
            // What was looked at ahead knew the groups as they were, even where `changed_when` calls this no change.
            self.note_change();
        }
        Ok(grown)
    }

    /// Reads the inventory anew; what the run added to it stays.
    pub fn refresh_inventory(&self) -> Result<(), Diagnostic> {
        if self.sources.is_empty() {
            return Ok(());
        }
        let mut fresh = Inventory::load(&self.sources, &self.reading)?;
        for grow in lock(&self.grown).iter() {
            grow(&mut fresh)?;
        }
        let mut inventory = lock(&self.inventory);
        *inventory = fresh;
        let mut ground = lock(&self.ground);
        ground.forget();
        ground.lay(&inventory, &self.store)
    }

    /// Opens a file that may be encrypted.
    pub fn open(&self, path: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, Diagnostic> {
        match std::str::from_utf8(&bytes) {
            Ok(text) if vault::is_vault(text) => {
                vault::open(text, &self.reading.secrets).map_err(|error| Diagnostic {
                    message: format!("{}: {}", path.display(), error.message),
                    ..error
                })
            }
            _ => Ok(bytes),
        }
    }
}

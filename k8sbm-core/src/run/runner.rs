//! A run: playbooks over an inventory.

use super::{
    connector::Connector,
    ground::Ground,
    options::Options,
    parting::Parting,
    ready::Ready,
    shared::{Nobody, Prompter, Shared},
};
use crate::{
    controller::{Controller, LocalController},
    diagnostic::Diagnostic,
    event::{Recap, Silent, Sink},
    graph::Numbers,
    inventory::Inventory,
    node::Reading,
    playbook::Loader,
    task::{Registry, Returns},
    template::{Compat, Engine},
    vars::{Layer, Level, Names, Store},
};
use indexmap::IndexMap;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64},
    },
};
use tokio::sync::Semaphore;

/// What a run is made of; only the inventory, the modules and the connections have to be given.
pub struct Runner {
    inventory: Inventory,
    registry: Arc<Registry>,
    connector: Arc<dyn Connector>,
    options: Options,
    sink: Arc<dyn Sink>,
    prompter: Arc<dyn Prompter>,
    controller: Option<Arc<dyn Controller>>,
    extra: Names<crate::vars::Variable>,
    reading: Reading,
    compat: Compat,
    roles_path: Vec<PathBuf>,
    collections_path: Vec<PathBuf>,
    sources: Vec<String>,
}

/// How a run went.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What happened on each host.
    pub recap: IndexMap<Arc<str>, Recap>,
    /// Hosts whose failures `meta: clear_host_errors` took away, or `ignore_unreachable` passed over: the recap tells
    /// them, the outcome does not.
    pub forgiven: HashSet<Arc<str>>,
    /// Values of `set_stats`.
    pub stats: Returns,
    /// Whether a mistake in the playbook ended it.
    pub broken: bool,
    /// Whether somebody stopped it.
    pub interrupted: bool,
}

impl Report {
    /// Whether no host failed.
    pub fn success(&self) -> bool {
        let bad = |recap: &Recap| recap.failed + recap.blocked + recap.unreachable > 0;
        !self.broken && !self.interrupted && !self.counting().any(bad)
    }

    /// What happened on the hosts whose failures count.
    pub fn counting(&self) -> impl Iterator<Item = &Recap> {
        let counting = |(host, _): &(&Arc<str>, &Recap)| !self.forgiven.contains(*host);
        self.recap.iter().filter(counting).map(|(_, recap)| recap)
    }
}

/// Stops a run: the write under way is finished, and nothing further begun.
#[derive(Clone, Debug, Default)]
pub struct Stop(pub(super) Arc<AtomicBool>);

impl Stop {
    /// Stops it.
    pub fn stop(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Release);
    }
}

impl Runner {
    /// A run over an inventory with these modules and connections.
    pub fn new(inventory: Inventory, registry: Registry, connector: Arc<dyn Connector>) -> Self {
        Self {
            inventory,
            registry: Arc::new(registry),
            connector,
            options: Options::default(),
            sink: Arc::new(Silent),
            prompter: Arc::new(Nobody),
            controller: None,
            extra: Names::new(),
            reading: Reading::default(),
            compat: Compat::default(),
            roles_path: Vec::new(),
            collections_path: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// How it is done.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Who reads the events.
    #[must_use]
    pub fn sink(mut self, sink: Arc<dyn Sink>) -> Self {
        self.sink = sink;
        self
    }

    /// Who answers prompts.
    #[must_use]
    pub fn prompter(mut self, prompter: Arc<dyn Prompter>) -> Self {
        self.prompter = prompter;
        self
    }

    /// What lookups and templates reach.
    #[must_use]
    pub fn controller(mut self, controller: Arc<dyn Controller>) -> Self {
        self.controller = Some(controller);
        self
    }

    /// Variables that win over all others.
    #[must_use]
    pub fn extra_vars(mut self, extra: Names<crate::vars::Variable>) -> Self {
        self.extra = extra;
        self
    }

    /// How files are read; passwords alone will do.
    #[must_use]
    pub fn reading(mut self, reading: impl Into<Reading>) -> Self {
        self.reading = reading.into();
        self
    }

    /// Which dialect is spoken.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Directories where roles are looked for, after `roles/` beside the playbook.
    #[must_use]
    pub fn roles_path(mut self, directories: Vec<PathBuf>) -> Self {
        self.roles_path = directories;
        self
    }

    /// Directories that hold `ansible_collections/`.
    #[must_use]
    pub fn collections_path(mut self, directories: Vec<PathBuf>) -> Self {
        self.collections_path = directories;
        self
    }

    /// The inventory's sources, for `meta: refresh_inventory`.
    #[must_use]
    pub fn inventory_sources(mut self, sources: Vec<String>) -> Self {
        self.sources = sources;
        self
    }

    /// Makes it ready; nothing is connected yet. `directory` is that of the playbook.
    ///
    /// # Errors
    /// At the mistake in a file of variables.
    pub fn ready(self, directory: Option<&Path>) -> Result<Ready, Diagnostic> {
        let environment = self.options.environment.clone();
        let controller = self
            .controller
            .unwrap_or_else(|| Arc::new(LocalController::new(environment)));
        let secrets = self.reading.secrets.clone();
        let hidden = self.reading.secrets.hidden.clone();
        let sealed = hidden.clone();
        let engine =
            Engine::new(self.compat, controller).with_warnings(self.reading.warnings.clone());
        let engine = engine.with_decrypt(move |text| {
            let bytes = crate::vault::open(text, &secrets)?;
            let opened = String::from_utf8_lossy(&bytes).into_owned();
            // What was sealed by itself is a secret; it may well be shown by mistake.
            sealed.add(&opened);
            Ok(opened)
        });
        let engine = Arc::new(engine);
        let extra = Arc::new(Layer::new(Level::Extra, "extra vars", self.extra));
        let store = Arc::new(Store::new(engine.clone(), extra.clone()));
        let mut ground = Ground::new(&self.inventory, directory, self.reading.clone())?;
        ground.lay(&self.inventory, &store)?;
        let loader = Loader::new(self.registry.clone(), engine.clone(), extra)
            .reading(self.reading.clone())
            .with_roles_path(self.roles_path)
            .with_collections_path(self.collections_path);
        let options = Arc::new(self.options);
        let shared = Shared {
            registry: self.registry,
            store,
            engine,
            magic: super::magic::run_magic(&options, self.compat, &self.sources),
            forks: Arc::new(Semaphore::new(options.forks.max(1))),
            options,
            sink: self.sink,
            connector: self.connector,
            prompter: self.prompter,
            loader: Arc::new(loader),
            inventory: Mutex::new(self.inventory),
            grown: Mutex::default(),
            ground: Mutex::new(ground),
            sources: self.sources,
            reading: self.reading,
            secrets: hidden,
            epoch: AtomicU64::new(0),
            would_change: Mutex::default(),
            stop: Arc::new(AtomicBool::new(false)),
            started: AtomicBool::new(false),
            numbers: Numbers::default(),
            machines: Mutex::default(),
            parting: Parting::default(),
            left: Mutex::default(),
            stopwatch: Arc::default(),
        };
        shared.recall_all();
        Ok(Ready {
            shared: Arc::new(shared),
        })
    }
}

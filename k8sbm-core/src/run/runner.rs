//! A run: playbooks over an inventory.

use super::{
    connector::Connector,
    course::Course,
    ground::Ground,
    options::Options,
    parting::Parting,
    play::Running,
    shared::{Nobody, Prompter, Shared},
    tally::Tally,
};
use crate::{
    controller::{Controller, LocalController},
    diagnostic::Diagnostic,
    event::{Event, Recap, Silent, Sink, VERSION},
    graph::{self, Numbers},
    inventory::Inventory,
    node::Reading,
    playbook::{Loader, Playbook, Review, check_start},
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
    time::Instant,
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
pub struct Stop(Arc<AtomicBool>);

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

/// A run that is ready to begin.
pub struct Ready {
    pub(super) shared: Arc<Shared>,
}

impl Ready {
    /// Loads a playbook with all its imports.
    ///
    /// # Errors
    /// All mistakes that can be told apart, each with its place.
    pub fn load(&self, path: &Path) -> Result<Playbook, Vec<Diagnostic>> {
        checked(self.shared.loader.playbook(path)?)
    }

    /// Loads a playbook that stands in no file, such as one made of a command line.
    ///
    /// # Errors
    /// All mistakes that can be told apart, each with its place.
    pub fn load_text(
        &self,
        source: &Arc<crate::node::Source>,
    ) -> Result<Playbook, Vec<Diagnostic>> {
        checked(self.shared.loader.playbook_text(source)?)
    }

    /// Looks at a playbook, and at what it includes, as far as that can be known without a host.
    pub fn review(&self, playbook: &Playbook, review: &mut Review) {
        review.playbook(&self.shared.loader, playbook);
    }

    /// Whether there is a task to start at, where one was asked for.
    ///
    /// # Errors
    /// When no task of these playbooks, or of what they import, has that name.
    pub fn check_start(&self, playbooks: &[(String, Playbook)]) -> Result<(), Diagnostic> {
        let Some(start) = &self.shared.options.start_at_task else {
            return Ok(());
        };
        check_start(playbooks.iter().map(|(_, playbook)| playbook), start)
    }

    /// Takes what there is to warn of in files of variables that were read so far; loading a playbook takes it, too.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        self.shared.engine.take_warnings()
    }

    /// The variables of all hosts.
    pub fn store(&self) -> &Arc<Store> {
        &self.shared.store
    }

    /// The variables of all hosts, for judging the inventory as a whole.
    pub fn survey(&self) -> crate::vars::Survey {
        self.shared.survey()
    }

    /// Ends what hosts still do for a run that was given up, as far as they can be reached within seconds.
    pub async fn abandon(&self) {
        self.shared.close().await;
    }

    /// What stops it.
    pub fn stop(&self) -> Stop {
        Stop(self.shared.stop.clone())
    }

    /// The hosts of a play, as its pattern and the limit say.
    ///
    /// # Errors
    /// When the pattern cannot be read.
    pub fn hosts(&self, play: &Arc<crate::playbook::Play>) -> Result<Vec<Arc<str>>, Diagnostic> {
        Running {
            shared: &self.shared,
            play,
            tally: &Tally::default(),
        }
        .all_hosts()
    }

    /// Whether the tags that were asked for want a task.
    pub fn wants(
        &self,
        play: &Arc<crate::playbook::Play>,
        spec: &crate::playbook::TaskSpec,
    ) -> bool {
        super::stage::Stage::bare(play, &self.shared).wants(spec, &self.shared)
    }

    /// The tags of a task, as the play's variables render them, in order.
    pub fn tags(
        &self,
        play: &Arc<crate::playbook::Play>,
        spec: &crate::playbook::TaskSpec,
    ) -> std::collections::BTreeSet<String> {
        let stage = super::stage::Stage::bare(play, &self.shared);
        stage.tags(spec, &self.shared).into_iter().collect()
    }

    /// Runs playbooks one after the other, and closes all connections.
    pub async fn run(&self, playbooks: &[(String, Playbook)]) -> Report {
        let begun = Instant::now();
        let shared = &self.shared;
        let names = playbooks.iter().map(|(name, _)| name.clone()).collect();
        shared.tell(Event::RunStarted {
            version: VERSION,
            playbooks: names,
            plays: playbooks.iter().map(|(_, it)| it.plays.len()).collect(),
            check: shared.options.check,
        });
        let tally = Tally::default();
        for (_, playbook) in playbooks {
            shared.warn(&playbook.warnings);
        }
        for (_, playbook) in playbooks {
            if !(Course {
                shared,
                tally: &tally,
            })
            .run(playbook)
            .await
            {
                break;
            }
        }
        shared.await_left().await;
        shared.part().await;
        shared.close().await;
        let counts = std::mem::take(&mut *tally.counts());
        let report = Report {
            recap: counts.recap,
            forgiven: counts.forgiven,
            stats: counts.stats,
            broken: counts.broken,
            interrupted: shared.stopping(),
        };
        shared.tell(Event::RunFinished {
            recap: report.recap.clone(),
            stats: report.stats.clone(),
            interrupted: report.interrupted,
            seconds: begun.elapsed().as_secs_f64(),
            spent: shared.stopwatch.read(),
        });
        report
    }
}

/// A playbook whose tasks wait for each other in a way that can be kept.
fn checked(playbook: Playbook) -> Result<Playbook, Vec<Diagnostic>> {
    let compiled = playbook.plays.iter().map(|play| {
        let strategy = play.strategy.unwrap_or_default();
        graph::compile(play, strategy, [], Numbers::default())
    });
    let errors: Vec<Diagnostic> = compiled.filter_map(Result::err).collect();
    if errors.is_empty() {
        Ok(playbook)
    } else {
        Err(errors)
    }
}

//! From flags to a run: what the commands that reach hosts share.

use super::Context;
use crate::{
    args::HowArgs,
    exit::Exit,
    interrupt,
    request::{Asked, Settings, Sources, check_playbooks},
    trouble::Trouble,
};
use k8sbm_core::{
    diagnostic::Diagnostic,
    event::{Event, Sink},
    playbook::Playbook,
    run::{Prompter, Ready, Report},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Playbooks with the names they were given by.
pub type Playbooks = Vec<(String, Playbook)>;

/// A run that is ready to begin.
pub struct Session {
    /// The run.
    pub ready: Ready,
    /// What the inventory warns of.
    pub warnings: Vec<Diagnostic>,
    sink: Arc<dyn Sink>,
    /// Holds what must live as long as connections do.
    _settings: Settings,
}

impl Session {
    /// Reads the inventory and everything else but playbooks.
    ///
    /// # Errors
    /// At the mistake in what was typed, or in a file.
    pub fn open(
        how: &HowArgs,
        asked: Asked,
        playbook: Option<&Path>,
        reader: (Arc<dyn Sink>, Arc<dyn Prompter>),
        context: &Context,
    ) -> Result<Self, Trouble> {
        let (sink, prompter) = reader;
        let mut settings = Settings::new(how, asked, &context.environment, &context.terminal)?;
        let sources = Sources::read(&how.inventory, &context.environment, &context.terminal)?;
        sources.check_limit()?;
        let mut warnings = sources.warnings().to_vec();
        warnings.extend(context.warnings.iter().cloned());
        let folder = match playbook.and_then(Path::parent) {
            Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Some(folder) => folder,
            None => Path::new("."),
        };
        warnings.extend(playbook.and_then(|_| settings.suit(folder)));
        let ready = settings
            .runner(sources)
            .sink(sink.clone())
            .prompter(prompter)
            .ready(Some(folder))?;
        Ok(Self {
            ready,
            warnings,
            sink,
            _settings: settings,
        })
    }

    /// Loads playbooks with all their imports.
    ///
    /// # Errors
    /// With all mistakes in them.
    pub fn load(&self, paths: &[PathBuf]) -> Result<Playbooks, Trouble> {
        check_playbooks(paths)?;
        let (mut loaded, mut mistakes) = (Playbooks::new(), Vec::new());
        for path in paths {
            match self.ready.load(path) {
                Ok(playbook) => loaded.push((path.display().to_string(), playbook)),
                Err(errors) => mistakes.extend(errors),
            }
        }
        if mistakes.is_empty() {
            self.ready.check_start(&loaded)?;
            Ok(loaded)
        } else {
            Err(Trouble::mistakes(mistakes))
        }
    }

    /// Runs playbooks until they end or somebody stops them.
    ///
    /// # Errors
    /// When no thread can be started, or the run was given up.
    pub fn run(&self, playbooks: &Playbooks) -> Result<Report, Trouble> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        for warning in &self.warnings {
            self.sink.event(&Event::Warning {
                message: warning.message.clone(),
                place: warning.span().map(ToString::to_string),
            });
        }
        let stop = self.ready.stop();
        let work = self.ready.run(playbooks);
        let report = runtime.block_on(interrupt::attend(work, &stop, &self.sink));
        if report.is_none() {
            runtime.block_on(self.ready.abandon());
        }
        // What is still waiting for somebody to answer is not waited for.
        runtime.shutdown_background();
        report.ok_or_else(|| Trouble {
            exit: Exit::Aborted,
            ..Trouble::new("given up: what was under way may be half done")
        })
    }
}

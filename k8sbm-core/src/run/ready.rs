//! A run that is ready: playbooks are loaded into it, and it begins.

use super::{
    course::Course,
    play::Running,
    runner::{Report, Stop},
    shared::Shared,
    stage::Stage,
    tally::Tally,
};
use crate::{
    diagnostic::Diagnostic,
    event::{Event, VERSION},
    graph::{self, Numbers},
    node::Source,
    playbook::{Play, Playbook, Review, TaskSpec, check_start},
    vars::{Store, Survey},
};
use std::{collections::BTreeSet, path::Path, sync::Arc, time::Instant};

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
    pub fn load_text(&self, source: &Arc<Source>) -> Result<Playbook, Vec<Diagnostic>> {
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
    pub fn survey(&self) -> Survey {
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
    pub fn hosts(&self, play: &Arc<Play>) -> Result<Vec<Arc<str>>, Diagnostic> {
        Running {
            shared: &self.shared,
            play,
            tally: &Tally::default(),
        }
        .all_hosts()
    }

    /// Whether the tags that were asked for want a task.
    pub fn wants(&self, play: &Arc<Play>, spec: &TaskSpec) -> bool {
        Stage::bare(play, &self.shared).wants(spec, &self.shared)
    }

    /// The tags of a task, as the play's variables render them, in order.
    pub fn tags(&self, play: &Arc<Play>, spec: &TaskSpec) -> BTreeSet<String> {
        let stage = Stage::bare(play, &self.shared);
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

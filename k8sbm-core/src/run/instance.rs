//! One task on one host, from its conditions to its result.

use super::{
    failure::{Cannot, Failure},
    job::Job,
    news::{Control, News},
    outcome::{Ignored, Round, together},
    player::Player,
    prepare::Preparing,
    prepared::{Body, Item},
    shared::Shared,
};
use crate::{
    diagnostic::Diagnostic,
    node::Node,
    playbook::{IncludeKind, Statement},
    template::TemplateError,
    value::{self, Value},
    vars::Scope,
};
use serde_json::Value as Json;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::UnboundedSender;

/// A task that runs on a host.
pub(super) struct Instance {
    pub shared: Arc<Shared>,
    pub player: Arc<Player>,
    pub job: Arc<Job>,
    pub news: UnboundedSender<News>,
    /// What is registered is set on these, too: the other hosts of a `run_once`.
    pub peers: Vec<Arc<Player>>,
    pub scope: Scope,
    /// What the items of its loop have given so far.
    pub past: Mutex<Past>,
}

/// What the items of a loop have given so far.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub results: Vec<Value>,
    /// The variables that the last of them saw.
    pub scope: Option<Scope>,
}

impl Instance {
    /// What this host sees of another task.
    pub fn scope_of(&self, job: &Job) -> Scope {
        let scope =
            Scope::new(&self.shared.store, &self.player.vars).with_layers(job.layers.clone());
        scope
            .with_magic(job.magic.clone())
            .with_search(job.search.clone())
    }

    pub(super) fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn preparing(&self) -> Preparing<'_> {
        Preparing {
            shared: &self.shared,
            player: &self.player,
            job: &self.job,
            ahead: false,
        }
    }

    /// Runs all rounds; `prepared` is what was prepared before.
    pub async fn run(&self, prepared: Result<Body, Cannot>) -> (Round, Ignored, Vec<Control>) {
        let mut control = Vec::new();
        let round = match prepared {
            Err(cannot) => self.cannot(cannot),
            Ok(Body::One(item)) => self.round(item, &mut control).await,
            Ok(Body::Loop(items)) => self.rounds(items, &mut control).await,
        };
        let ignored = match self.ignored_in(&round) {
            Ok(ignored) => ignored,
            Err(cannot) => return (self.cannot(cannot), Ignored::default(), Vec::new()),
        };
        let round = match self.register(&round) {
            Ok(()) => round,
            Err(cannot) => self.cannot(cannot),
        };
        (round, ignored, control)
    }

    /// What is passed over; in a loop, each item is asked.
    fn ignored_in(&self, round: &Round) -> Result<Ignored, Cannot> {
        match round.ignored {
            Some(ignored) => Ok(ignored),
            None => self.ignored(&self.scope),
        }
    }

    pub(super) fn ignored(&self, scope: &Scope) -> Result<Ignored, Cannot> {
        let spec = &self.job.spec;
        let engine = &self.shared.engine;
        let on = |node: &Option<Node>| match node {
            Some(node) => engine.switch(node, scope),
            None => Ok(false),
        };
        Ok(Ignored {
            errors: on(&spec.ignore_errors)?,
            unreachable: on(&spec.ignore_unreachable)?,
        })
    }

    pub(super) fn switch(&self, node: Option<&Node>, unless: bool) -> Result<bool, Cannot> {
        let Some(node) = node else { return Ok(unless) };
        Ok(self.shared.engine.switch(node, &self.scope)?)
    }

    async fn rounds(&self, items: Vec<Item>, control: &mut Vec<Control>) -> Round {
        let mut rounds = Vec::with_capacity(items.len());
        let repeat = self.job.spec.repeat.as_ref().map(|repeat| &repeat.control);
        let pause = repeat.and_then(|control| control.pause.as_ref());
        let count = items.len();
        let in_turn = self.job.items_in_turn(&self.shared);
        for (at, item) in items.into_iter().enumerate() {
            if self.shared.stopping() {
                break;
            }
            let begun = Instant::now();
            let mut item = item;
            if at > 0 && in_turn {
                item.scope = self.seeing(&item.scope, None);
            }
            let (scope, value) = (item.scope.clone(), item.value.clone());
            let mut round = self.round(item, control).await;
            if let Some((variable, value)) = &value {
                round
                    .result
                    .insert("ansible_loop_var".into(), Json::from(&**variable));
                round
                    .result
                    .insert(variable.to_string(), value::to_json(value));
            }
            let label = self.label(&scope, &round, value.as_ref().map(|(_, value)| value));
            let label = label.unwrap_or_else(|error| {
                let warning = format!("the label of the item cannot be rendered: {error}");
                self.warn(&warning);
                round.warn(warning);
                String::new()
            });
            let stop = match self.breaks(&scope, &round) {
                Ok(stop) => stop,
                Err(cannot) => {
                    self.misjudged(&mut round, "break_when", cannot);
                    true
                }
            };
            // What an item includes is told of once it has joined the play.
            let ignored = match self.ignored(&scope) {
                Ok(ignored) => ignored,
                Err(cannot) => {
                    self.misjudged(&mut round, "ignore_errors", cannot);
                    Ignored::default()
                }
            };
            round.ignored = Some(ignored);
            let includes = matches!(self.job.spec.statement, Statement::Include(_));
            if !includes || round.failed {
                self.tell(&round, ignored, Some(label), begun);
            }
            if in_turn {
                let mut past = self.past();
                past.results.push(round.registered());
                past.scope = Some(scope.clone());
            }
            rounds.push(round);
            if stop {
                break;
            }
            if let Some(seconds) = pause
                .and_then(|node| self.seconds(node, &scope).ok())
                .filter(|_| at + 1 < count)
            {
                tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            }
        }
        together(rounds)
    }

    /// What an item is called; a label sees what came of it.
    fn label(
        &self,
        scope: &Scope,
        round: &Round,
        item: Option<&Value>,
    ) -> Result<String, TemplateError> {
        let label = self
            .job
            .spec
            .repeat
            .as_ref()
            .and_then(|repeat| repeat.control.label.as_ref());
        let value = match label {
            Some(label) => {
                let scope = self.seeing(scope, Some(round));
                Some(self.shared.engine.value(label, &scope)?)
            }
            None => item.cloned(),
        };
        Ok(value
            .map(|value| value::python_str(&value))
            .unwrap_or_default())
    }

    fn breaks(&self, scope: &Scope, round: &Round) -> Result<bool, Cannot> {
        let control = self.job.spec.repeat.as_ref().map(|repeat| &repeat.control);
        match control.and_then(|control| control.break_when.as_ref()) {
            Some(condition) => Ok(self
                .shared
                .engine
                .condition(condition, &self.seeing(scope, Some(round)))?),
            None => Ok(false),
        }
    }

    pub(super) fn control(&self, scope: &Scope, control: &mut Vec<Control>) -> Round {
        match &self.job.spec.statement {
            Statement::Include(include) => match self.shared.engine.value(&include.target, scope) {
                Ok(target) => {
                    let target = value::python_str(&target);
                    let (span, context) = (&include.target.span, &self.job.spec.context);
                    let loader = &self.shared.loader;
                    let options = match include.kind {
                        IncludeKind::Tasks => include.options.clone(),
                        IncludeKind::Role => {
                            match self.shared.engine.render(&include.options, scope) {
                                Ok(options) => options,
                                Err(error) => return self.cannot(error.into()),
                            }
                        }
                    };
                    let found = match include.kind {
                        IncludeKind::Tasks => loader.find_tasks(&target, span, context),
                        IncludeKind::Role => loader.knows_role(&target, &options, span, context),
                    };
                    if let Err(missing) = found {
                        return self.cannot(missing.into());
                    }
                    let mut round = Round::default();
                    round.result.insert("include".into(), target.clone().into());
                    round.result.insert("changed".into(), false.into());
                    control.push(Control::Include {
                        include: Box::new(include.clone()),
                        target,
                        options,
                        scope: scope.clone(),
                    });
                    round
                }
                Err(error) => self.cannot(error.into()),
            },
            Statement::Meta(meta) => {
                control.push(Control::Meta(*meta));
                let mut round = Round {
                    uncounted: true,
                    ..Round::default()
                };
                round.result.insert("changed".into(), false.into());
                let told = super::meta::told(*meta, &self.job, self.player.name());
                round.result.insert("msg".into(), told.into());
                round
            }
            Statement::Module(_) => Round::default(),
        }
    }

    pub(super) fn cannot(&self, cannot: Cannot) -> Round {
        match cannot {
            Cannot::Failed(failure) if self.shared.options.check && !failure.unreachable => {
                // What an earlier task would have changed may be just what is missing here.
                match self.shared.would_change(self.player.name()) {
                    Some(task) => Round {
                        diagnostic: failure.diagnostic,
                        ..Round::unknown(format!("`{task}`: now, {}", failure.message))
                    },
                    None => Round::failure(*failure),
                }
            }
            Cannot::Failed(failure) => Round::failure(*failure),
            Cannot::Unknown(waits_for) => Round::unknown(waits_for),
            Cannot::NotYet => Round::failure(Failure::from(
                Diagnostic::new("a value is still to come").or_at(&self.job.spec.span),
            )),
        }
    }
}

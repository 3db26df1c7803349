//! One task on one host, from its conditions to its result.

use super::{
    failure::{Cannot, Failure},
    job::Job,
    outcome::{Ignored, Round, add_lines, together},
    player::Player,
    prepare::{Body, Item, Planned, Preparing, Work},
    shared::Shared,
};
use crate::{
    diagnostic::Diagnostic,
    event::{Change, Event, Finished},
    node::Node,
    playbook::{Include, IncludeKind, Meta, Statement},
    task::Step,
    value::{self, Value},
    vars::Scope,
};
use serde_json::Value as Json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc::UnboundedSender;

/// What the dispatcher hears of an instance.
pub(super) enum News {
    /// Something for the event stream.
    Event(Event),
    /// It has ended.
    Ended(Box<Ended>),
}

/// An instance that has ended.
pub(super) struct Ended {
    pub node: crate::graph::NodeId,
    pub host: usize,
    pub round: Round,
    pub ignored: Ignored,
    pub control: Vec<Control>,
}

/// What goes on in the dispatcher.
pub(super) enum Control {
    Include {
        include: Box<Include>,
        target: String,
        scope: Scope,
    },
    Meta(Meta),
}

/// A task that runs on a host.
pub(super) struct Instance {
    pub shared: Arc<Shared>,
    pub player: Arc<Player>,
    pub job: Arc<Job>,
    pub news: UnboundedSender<News>,
    /// What is registered is set on these, too: the other hosts of a `run_once`.
    pub peers: Vec<Arc<Player>>,
    pub scope: Scope,
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

    fn preparing(&self) -> Preparing<'_> {
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
        let ignored = match self.ignored() {
            Ok(ignored) => ignored,
            Err(cannot) => return (self.cannot(cannot), Ignored::default(), Vec::new()),
        };
        let round = match self.register(&round) {
            Ok(()) => round,
            Err(cannot) => self.cannot(cannot),
        };
        (round, ignored, control)
    }

    fn ignored(&self) -> Result<Ignored, Cannot> {
        let spec = &self.job.spec;
        Ok(Ignored {
            errors: self.switch(spec.ignore_errors.as_ref(), false)?,
            unreachable: self.switch(spec.ignore_unreachable.as_ref(), false)?,
        })
    }

    fn switch(&self, node: Option<&Node>, unless: bool) -> Result<bool, Cannot> {
        let Some(node) = node else { return Ok(unless) };
        Ok(self.shared.engine.switch(node, &self.scope)?)
    }

    async fn rounds(&self, items: Vec<Item>, control: &mut Vec<Control>) -> Round {
        let mut rounds = Vec::with_capacity(items.len());
        let repeat = self.job.spec.repeat.as_ref().map(|repeat| &repeat.control);
        let pause = repeat.and_then(|control| control.pause.as_ref());
        let ignored = self.ignored().unwrap_or_default();
        let count = items.len();
        for (at, item) in items.into_iter().enumerate() {
            if self.shared.stopping() {
                break;
            }
            let begun = Instant::now();
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
            let label = self.label(&scope, value.as_ref().map(|(_, value)| value));
            // What an item includes is told of once it has joined the play.
            let includes = matches!(self.job.spec.statement, Statement::Include(_));
            if !includes || round.failed {
                self.tell(&round, ignored, Some(label), begun);
            }
            let stop = self.breaks(&scope, &round);
            rounds.push(round);
            match stop {
                Ok(false) => {}
                Ok(true) => break,
                Err(cannot) => {
                    rounds.push(self.cannot(cannot));
                    break;
                }
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

    fn label(&self, scope: &Scope, item: Option<&Value>) -> String {
        let label = self
            .job
            .spec
            .repeat
            .as_ref()
            .and_then(|repeat| repeat.control.label.as_ref());
        let value = match label {
            Some(label) => self.shared.engine.value(label, scope).ok(),
            None => item.cloned(),
        };
        value
            .map(|value| value::python_str(&value))
            .unwrap_or_default()
    }

    fn breaks(&self, scope: &Scope, round: &Round) -> Result<bool, Cannot> {
        let control = self.job.spec.repeat.as_ref().map(|repeat| &repeat.control);
        match control.and_then(|control| control.break_when.as_ref()) {
            Some(condition) => Ok(self
                .shared
                .engine
                .condition(condition, &self.seeing(scope, round))?),
            None => Ok(false),
        }
    }

    /// One round, tried again as `until` says.
    async fn round(&self, item: Item, control: &mut Vec<Control>) -> Round {
        let Item {
            scope, mut work, ..
        } = item;
        let until = match self.tries(&scope) {
            Ok(until) => until,
            Err(cannot) => return self.cannot(cannot),
        };
        let mut attempt = 1;
        loop {
            let stale = |work: &Work| match work {
                Work::Open => true,
                Work::Planned(planned) => planned.host.machine().generation() != planned.generation,
                Work::Cannot(Cannot::NotYet) => true,
                _ => false,
            };
            if stale(&work) {
                work = self.preparing().work(&scope).await;
            }
            let machine = work.machine().cloned();
            if let Work::Control = work {
                return self.control(&scope, control);
            }
            let mut round = self.timed(work, &scope).await;
            if round.skipped.is_some() || round.unknown.is_some() {
                return round;
            }
            if until.is_some() {
                round.result.insert("attempts".into(), attempt.into());
            }
            if let Err(cannot) = self.judge(&mut round, &scope) {
                return self.cannot(cannot);
            }
            let Some(tries) = &until else { return round };
            let done = match &tries.condition {
                Some(condition) => self
                    .shared
                    .engine
                    .condition(condition, &self.seeing(&scope, &round)),
                None => Ok(!round.failed),
            };
            match done {
                Err(error) => return self.cannot(error.into()),
                Ok(true) => return round,
                Ok(false)
                    if attempt > tries.retries || round.unreachable || self.shared.stopping() =>
                {
                    if tries.condition.is_some() || round.failed {
                        round.failed = true;
                        round.result.insert("failed".into(), true.into());
                        round
                            .result
                            .entry("msg")
                            .or_insert_with(|| "All attempts failed".into());
                        // As in Ansible, the first attempt is no retry and is not counted then.
                        let retries = tries.retries.max(1);
                        round.result.insert("attempts".into(), retries.into());
                    }
                    return round;
                }
                Ok(false) => {}
            }
            self.retry(attempt, tries.retries + 1 - attempt, &round);
            tokio::time::sleep(tries.delay).await;
            attempt += 1;
            work = Work::Open;
            // What is waited for happens without any task of ours: look anew.
            if let Some(machine) = machine {
                machine.forget();
            }
        }
    }

    fn tries(&self, scope: &Scope) -> Result<Option<Tries>, Cannot> {
        let Some(until) = &self.job.spec.until else {
            return Ok(None);
        };
        let number = |node: &Option<Node>, unless: f64| match node {
            Some(node) => self.seconds(node, scope),
            None => Ok(unless),
        };
        Ok(Some(Tries {
            condition: until.condition.clone(),
            retries: number(&until.retries, 3.0)? as u64,
            delay: Duration::from_secs_f64(number(&until.delay, 5.0)?.max(0.0)),
        }))
    }

    fn seconds(&self, node: &Node, scope: &Scope) -> Result<f64, Cannot> {
        let node = self.shared.engine.render(node, scope)?;
        Ok(crate::node::from_node::<f64>(&node)?)
    }

    async fn timed(&self, work: Work, scope: &Scope) -> Round {
        let limit = match self.limit(scope) {
            Ok(Some(limit)) => limit,
            Ok(None) => return self.act(work).await,
            Err(cannot) => return self.cannot(cannot),
        };
        let machine = work.machine().cloned();
        match tokio::time::timeout(Duration::from_secs_f64(limit), self.act(work)).await {
            Ok(round) => round,
            Err(_) => {
                if let Some(machine) = machine {
                    machine.connection().reset().await;
                    machine.forget();
                }
                let mut failure = Failure::new(format!("Timed out after {limit} second(s)."));
                let period = serde_json::json!({ "period": limit });
                failure.returns.insert("timedout".into(), period);
                Round::failure(failure)
            }
        }
    }

    /// How many seconds it may take: `timeout`, or `async` where it is waited for.
    fn limit(&self, scope: &Scope) -> Result<Option<f64>, Cannot> {
        let spec = &self.job.spec;
        let mut limit = None;
        if let Some((seconds, poll)) = &spec.background {
            let seconds = self.seconds(seconds, scope)?;
            if seconds > 0.0 && self.seconds(poll, scope)? == 0.0 {
                let refused =
                    Diagnostic::new("`poll: 0` would leave a task running that nobody watches");
                return Err(refused
                    .label(&poll.span, "")
                    .help("wait for it with `poll: 5`")
                    .into());
            }
            limit = Some(seconds);
        }
        if let Some(seconds) = &spec.timeout {
            limit = Some(self.seconds(seconds, scope)?);
        }
        Ok(limit.filter(|seconds| *seconds > 0.0))
    }

    async fn act(&self, work: Work) -> Round {
        match work {
            Work::Skip(skip) => Round::skipped(skip),
            Work::Cannot(cannot) => self.cannot(cannot),
            Work::Planned(planned) => self.carry_out(*planned).await,
            Work::Open | Work::Control => Round::default(),
        }
    }

    /// Does a plan, or in check mode says what it would do.
    async fn carry_out(&self, planned: Planned) -> Round {
        let Planned {
            plan,
            host,
            delegate,
            always_acts,
            ..
        } = planned;
        let check = match self.switch(self.job.spec.check_mode.as_ref(), self.shared.options.check)
        {
            Ok(check) => check,
            Err(cannot) => return self.cannot(cannot),
        };
        let diff = self
            .switch(self.job.spec.diff.as_ref(), self.shared.options.diff)
            .unwrap_or(false);
        let mut round = Round {
            changed: !plan.is_empty(),
            delegate,
            ..Round::default()
        };
        round.changes = plan
            .steps
            .iter()
            .filter(|step| step.changes)
            .map(|step| change(step, diff))
            .collect();
        round.effects = plan.effects.clone();
        round.skipped = plan.skipped.clone();
        for warning in &plan.warnings {
            self.warn(warning);
        }
        let steps = !plan.steps.is_empty();
        let result = if check && steps {
            if !plan.is_empty() && !self.only_asks() {
                let acted_on = round.delegate.as_ref().unwrap_or(self.player.name());
                self.shared.note_would_change(acted_on, &self.job.info.name);
            }
            let procedure = plan
                .steps
                .iter()
                .any(|step| matches!(step.act, crate::task::Act::Procedure(_)));
            if procedure {
                round.unknown = Some(format!("the result of `{}`", self.job.info.name));
                round.changed &= plan.certain || !always_acts;
                round.effects.clear();
            }
            Ok(plan.returns)
        } else if steps {
            let changes = !plan.is_empty();
            let result = plan.apply_until(&host, &self.shared.stop).await;
            if changes && result.is_ok() && self.job.spec.changed_when.is_none() {
                self.shared.note_change();
            }
            result
        } else {
            Ok(plan.returns)
        };
        match result {
            Ok(mut result) => {
                if let Some(Json::Bool(changed)) = result.get("changed") {
                    round.changed = *changed;
                }
                if let Some(Json::Bool(true)) = result.get("skipped") {
                    round.skipped.get_or_insert_with(String::new);
                }
                for warning in result
                    .get("warnings")
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                {
                    self.warn(warning.as_str().unwrap_or_default());
                }
                if round.unknown.is_none() || round.changed || self.only_asks() {
                    result.insert("changed".into(), round.changed.into());
                }
                result.entry("failed").or_insert(false.into());
                add_lines(&mut result);
                round.result = result;
                self.take_variables(&round);
                round
            }
            Err(error) => match Cannot::from(error) {
                Cannot::Failed(failure) => Round {
                    delegate: round.delegate,
                    ..Round::failure(*failure)
                },
                cannot => self.cannot(cannot),
            },
        }
    }

    /// Whether the playbook says that the task, such as a command that asks, never changes anything.
    fn only_asks(&self) -> bool {
        let said = self.job.spec.changed_when.as_ref();
        said.is_some_and(|node| matches!(node.kind, crate::node::Kind::Bool(false)))
    }

    /// `changed_when` and `failed_when`.
    fn judge(&self, round: &mut Round, scope: &Scope) -> Result<(), Cannot> {
        if round.unreachable {
            return Ok(());
        }
        let engine = &self.shared.engine;
        if let Some(condition) = &self.job.spec.changed_when {
            round.changed = engine.condition(condition, &self.seeing(scope, round))?;
            round.result.insert("changed".into(), round.changed.into());
            if round.changed && !self.shared.options.check {
                self.shared.note_change();
            }
        }
        if let Some(condition) = &self.job.spec.failed_when {
            let failed = engine.condition(condition, &self.seeing(scope, round))?;
            round.failed = failed;
            round
                .result
                .insert("failed_when_result".into(), failed.into());
            round.result.insert("failed".into(), failed.into());
        }
        Ok(())
    }

    /// The variables with what `register` names already set.
    fn seeing(&self, scope: &Scope, round: &Round) -> Scope {
        match self.job.spec.register.as_ref().and_then(Node::as_str) {
            Some(name) => scope
                .clone()
                .with_local(name, value::from_json(Json::Object(round.result.clone()))),
            None => scope.clone(),
        }
    }

    fn register(&self, round: &Round) -> Result<(), Cannot> {
        let Some(register) = &self.job.spec.register else {
            return Ok(());
        };
        let result = round.registered();
        let set = |name: &Arc<str>, value: &Value| {
            for player in self.peers.iter().chain([&self.player]) {
                player.vars.set(name, value.clone(), register.span.clone());
                if name.starts_with("ansible_") {
                    player.forget_ways();
                }
            }
        };
        match &register.kind {
            crate::node::Kind::Str(name) => set(name, &result),
            crate::node::Kind::Map(map) => {
                let scope = self.scope.clone().with_local("ansible_result", result);
                for (name, entry) in map {
                    set(name, &self.shared.engine.value(&entry.value, &scope)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn control(&self, scope: &Scope, control: &mut Vec<Control>) -> Round {
        match &self.job.spec.statement {
            Statement::Include(include) => match self.shared.engine.value(&include.target, scope) {
                Ok(target) => {
                    let target = value::python_str(&target);
                    if include.kind == IncludeKind::Tasks
                        && let Err(missing) = self.shared.loader.find_tasks(
                            &target,
                            &include.target.span,
                            &self.job.spec.context,
                        )
                    {
                        return self.cannot(missing.into());
                    }
                    let mut round = Round::default();
                    round.result.insert("include".into(), target.clone().into());
                    round.result.insert("changed".into(), false.into());
                    control.push(Control::Include {
                        include: Box::new(include.clone()),
                        target,
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
                round
            }
            Statement::Module(_) => Round::default(),
        }
    }

    fn cannot(&self, cannot: Cannot) -> Round {
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

    fn no_log(&self) -> bool {
        self.switch(self.job.spec.no_log.as_ref(), false)
            .unwrap_or(true)
    }

    /// Tells how a round or the whole task ended.
    pub fn tell(&self, round: &Round, ignored: Ignored, item: Option<String>, begun: Instant) {
        let finished = Box::new(self.finished(round, ignored, item, begun.elapsed().as_secs_f64()));
        let event = if finished.item.is_some() {
            Event::ItemFinished(finished)
        } else {
            Event::HostFinished(finished)
        };
        // The dispatcher outlives its instances but for a run that was given up.
        let _ = self.news.send(News::Event(event));
    }

    pub fn finished(
        &self,
        round: &Round,
        ignored: Ignored,
        item: Option<String>,
        seconds: f64,
    ) -> Finished {
        let quiet = self.no_log();
        let result = if quiet {
            censored(round)
        } else {
            Json::Object(round.result.clone())
        };
        Finished {
            task: self.job.info.id,
            host: self.player.name().clone(),
            delegate: round.delegate.clone(),
            outcome: round.outcome(ignored),
            changes: round
                .changes
                .iter()
                .map(|change| Change {
                    diff: change.diff.clone().filter(|_| !quiet),
                    ..change.clone()
                })
                .collect(),
            result: Arc::new(result),
            item: item.map(|item| if quiet { "(censored)".into() } else { item }),
            diagnostic: round.diagnostic.clone().filter(|_| !quiet),
            seconds,
        }
    }

    fn retry(&self, attempt: u64, left: u64, round: &Round) {
        let result = if self.no_log() {
            censored(round)
        } else {
            Json::Object(round.result.clone())
        };
        let (task, host) = (self.job.info.id, self.player.name().clone());
        let _ = self.news.send(News::Event(Event::Retry {
            task,
            host,
            attempt,
            left,
            result: Arc::new(result),
        }));
    }

    fn warn(&self, message: &str) {
        let place = Some(self.job.info.place.clone());
        let _ = self.news.send(News::Event(Event::Warning {
            message: message.into(),
            place,
        }));
    }
}

struct Tries {
    condition: Option<Node>,
    retries: u64,
    delay: Duration,
}

fn change(step: &Step, diff: bool) -> Change {
    Change {
        summary: step.summary.clone(),
        diff: step.diff.clone().filter(|_| diff),
    }
}

fn censored(round: &Round) -> Json {
    let mut result = serde_json::json!({
        "censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
        "changed": round.changed,
    });
    if round.failed {
        result["failed"] = true.into();
    }
    result
}

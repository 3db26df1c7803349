//! The attempts of one round: as often as `until` says, as long as `timeout` lets them.

use super::{
    background::Background,
    failure::{Cannot, Failure},
    instance::Instance,
    news::Control,
    outcome::Round,
    prepared::{Item, Work},
};
use crate::{node::Node, vars::Scope};
use std::time::Duration;

/// Seconds that a task may be given at most.
const LONGEST: f64 = 100_000_000.0;

impl Instance {
    /// One round, tried again as `until` says.
    pub(super) async fn round(&self, item: Item, control: &mut Vec<Control>) -> Round {
        let mut round = self.attempts(item, control).await;
        if round.failed {
            // Playbooks ask whether it is there; there is no trace of Python to show.
            let none = "(traceback unavailable)".into();
            round.result.entry("exception").or_insert(none);
        }
        round
    }

    async fn attempts(&self, item: Item, control: &mut Vec<Control>) -> Round {
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
            if !self.judge(&mut round, &scope) {
                return round;
            }
            let Some(tries) = &until else { return round };
            let done = match &tries.condition {
                Some(condition) => self
                    .shared
                    .engine
                    .condition(condition, &self.seeing(&scope, Some(&round))),
                None => Ok(!round.failed),
            };
            match done {
                Err(error) => return self.cannot(error.into()),
                Ok(true) => return round,
                Ok(false)
                    if attempt > tries.retries || round.unreachable || self.shared.stopping() =>
                {
                    if tries.condition.is_some() || round.failed {
                        // What `failed_when` judged stands, as in Ansible.
                        round.failed |= self.job.spec.failed_when.is_none();
                        round.result.insert("failed".into(), round.failed.into());
                        if round.failed {
                            round
                                .result
                                .entry("msg")
                                .or_insert_with(|| "All attempts failed".into());
                        }
                        // As in Ansible, the first attempt is no retry and is not counted then.
                        let retries = tries.retries.max(1);
                        round.result.insert("attempts".into(), retries.into());
                    }
                    return round;
                }
                Ok(false) => {}
            }
            self.retry(attempt, tries.retries + 1 - attempt, &round);
            match &machine {
                Some(machine) => machine.connection().wait(tries.delay).await,
                None => tokio::time::sleep(tries.delay).await,
            }
            attempt += 1;
            work = Work::Open;
            // What is waited for happens without any task of ours: look anew.
            if let Some(machine) = machine {
                machine.forget();
            }
        }
    }

    pub(super) fn tries(&self, scope: &Scope) -> Result<Option<Tries>, Cannot> {
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

    pub(super) fn seconds(&self, node: &Node, scope: &Scope) -> Result<f64, Cannot> {
        let node = self.shared.engine.render(node, scope)?;
        Ok(crate::node::from_node::<f64>(&node)?)
    }

    pub(super) async fn timed(&self, work: Work, scope: &Scope) -> Round {
        let asked = self
            .limit(scope)
            .and_then(|limit| Ok((limit, self.background(limit, scope)?)));
        let (limit, background) = match asked {
            Ok(asked) => asked,
            Err(cannot) => return self.cannot(cannot),
        };
        let work = match (background, work) {
            (Some(Background::Left(limit)), Work::Planned(planned)) => {
                return self.leave(*planned, limit).await;
            }
            (_, work) => work,
        };
        let Some(limit) = limit else {
            return self.act(work).await;
        };
        let machine = work.machine().cloned();
        match tokio::time::timeout(Duration::from_secs_f64(limit), self.act(work)).await {
            Ok(mut round) => {
                if matches!(background, Some(Background::Awaited)) && round.skipped.is_none() {
                    round.result.extend(Background::over());
                }
                round
            }
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
    pub(super) fn limit(&self, scope: &Scope) -> Result<Option<f64>, Cannot> {
        let spec = &self.job.spec;
        let mut limit = None;
        if let Some((seconds, _)) = &spec.background {
            limit = Some(self.seconds(seconds, scope)?);
        }
        if let Some(seconds) = &spec.timeout {
            limit = Some(self.seconds(seconds, scope)?);
        }
        match limit {
            Some(limit) if !(0.0..=LONGEST).contains(&limit) => {
                Err(Failure::new(format!("Timeout {limit} is invalid")).into())
            }
            limit => Ok(limit.filter(|seconds| *seconds > 0.0)),
        }
    }
}

pub(super) struct Tries {
    condition: Option<Node>,
    retries: u64,
    delay: Duration,
}

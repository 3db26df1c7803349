//! What an instance tells: the events of its task, and its end.

use super::{
    instance::Instance,
    outcome::{Ignored, Round},
};
use crate::{
    event::{Change, Event, Finished},
    node::Node,
    playbook::{Include, Meta},
    vars::Scope,
};
use serde_json::Value as Json;
use std::{sync::Arc, time::Instant};

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
        /// Its options, rendered for a role.
        options: Node,
        scope: Scope,
    },
    Meta(Meta),
}

impl Instance {
    pub(super) fn no_log(&self) -> bool {
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

    pub(super) fn retry(&self, attempt: u64, left: u64, round: &Round) {
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

    pub(super) fn warn(&self, message: &str) {
        let place = Some(self.job.info.place.clone());
        let _ = self.news.send(News::Event(Event::Warning {
            message: message.into(),
            place,
        }));
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

//! What came of preparing a task for a host: what there is to do, and whether that still holds.

use super::{failure::Cannot, shared::Shared};
use crate::{
    host::{Host, Machine},
    task::Plan,
    value::Value,
    vars::Scope,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Plans older than this are made anew: the world moves on without tasks, too.
const FRESH: Duration = Duration::from_secs(10);

/// A task prepared for a host.
pub(super) struct Prepared {
    pub body: Body,
    pub epoch: u64,
    pub at: Instant,
}

/// What came of preparing.
pub(super) enum Body {
    /// A task without a loop.
    One(Item),
    /// The items of a loop.
    Loop(Vec<Item>),
}

/// One round of a task: the only one, or one item of a loop.
pub(super) struct Item {
    /// The loop's item, under its variable's name.
    pub value: Option<(Arc<str>, Value)>,
    /// The variables it sees.
    pub scope: Scope,
    pub work: Work,
}

/// What there is to do in one round.
pub(super) enum Work {
    /// A condition does not hold.
    Skip(Skip),
    /// A plan was made.
    Planned(Box<Planned>),
    /// It goes on in the dispatcher: an include, or a word to the run itself.
    Control,
    /// No plan could be made.
    Cannot(Cannot),
    /// Not looked at yet.
    Open,
}

/// Why a round is skipped.
pub(super) struct Skip {
    pub reason: String,
    pub condition: Option<String>,
}

/// A plan with all that is needed to do it.
pub(super) struct Planned {
    pub plan: Plan,
    pub host: Host,
    pub generation: u64,
    pub delegate: Option<Arc<str>>,
    pub always_acts: bool,
}

impl Prepared {
    /// Whether nothing has happened since that could make it untrue.
    pub fn holds(&self, shared: &Shared) -> bool {
        let items = match &self.body {
            Body::One(item) => std::slice::from_ref(item),
            Body::Loop(items) => items,
        };
        self.epoch == shared.epoch() && self.at.elapsed() < FRESH && items.iter().all(Item::holds)
    }

    /// Whether it is worth keeping for the task's turn: nothing failed, nothing is still to come.
    pub fn is_sound(&self) -> bool {
        let items = match &self.body {
            Body::One(item) => std::slice::from_ref(item),
            Body::Loop(items) => items,
        };
        items
            .iter()
            .all(|item| matches!(item.work, Work::Skip(_) | Work::Planned(_)))
    }
}

impl Work {
    /// The machine that a plan was made for.
    pub fn machine(&self) -> Option<&Arc<Machine>> {
        match self {
            Self::Planned(planned) => Some(planned.host.machine()),
            _ => None,
        }
    }
}

impl Item {
    /// Whether its plan was made of what the host still is.
    pub fn holds(&self) -> bool {
        match &self.work {
            Work::Planned(planned) => planned.host.machine().generation() == planned.generation,
            _ => true,
        }
    }
}

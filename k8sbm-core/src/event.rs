//! Everything that can happen in a run: the only way it has to speak.

use crate::{
    diagnostic::Diagnostic,
    task::{Diff, Returns},
};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;
use std::sync::Arc;

/// The version of the stream; it grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// Reads events as they happen.
pub trait Sink: Send + Sync {
    /// Takes one event. It is called by one thread at a time, in order, and should not dawdle.
    fn event(&self, event: &Event);
}

/// Throws events away.
#[derive(Debug, Default)]
pub struct Silent;

impl Sink for Silent {
    fn event(&self, _: &Event) {}
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A run begins.
    RunStarted {
        /// [`VERSION`].
        version: u32,
        /// The playbooks.
        playbooks: Vec<String>,
        /// How many plays each of them has.
        plays: Vec<usize>,
        /// Whether nothing is changed.
        check: bool,
    },
    /// A play begins.
    PlayStarted {
        /// Its name.
        name: Arc<str>,
        /// Its place, `file:line:column`.
        place: String,
        /// Its hosts.
        hosts: Vec<Arc<str>>,
    },
    /// A play has no hosts.
    PlaySkipped {
        /// Its name.
        name: Arc<str>,
        /// Why.
        reason: String,
    },
    /// A task begins on the first of its hosts.
    TaskStarted(Arc<TaskInfo>),
    /// A task begins on a host.
    HostStarted {
        /// The task.
        task: TaskId,
        /// The host.
        host: Arc<str>,
    },
    /// An item of a loop has ended.
    ItemFinished(Box<Finished>),
    /// A task failed and is tried again.
    Retry {
        /// The task.
        task: TaskId,
        /// The host.
        host: Arc<str>,
        /// How many tries there were.
        attempt: u64,
        /// How many are left.
        left: u64,
        /// What the last try gave.
        result: Arc<Json>,
    },
    /// A task has ended on a host.
    HostFinished(Box<Finished>),
    /// More tasks came from an include.
    Included {
        /// The task that includes.
        task: TaskId,
        /// What was included: a file or a role.
        target: String,
        /// For which hosts.
        hosts: Vec<Arc<str>>,
    },
    /// A handler will run.
    Notified {
        /// The handler's name.
        handler: Arc<str>,
        /// The host.
        host: Arc<str>,
    },
    /// A long step tells how far it is.
    Progress {
        /// The task.
        task: TaskId,
        /// The host.
        host: Arc<str>,
        /// How far.
        text: String,
    },
    /// The user should know something.
    Warning {
        /// What.
        message: String,
        /// Its place, if it has one.
        place: Option<String>,
    },
    /// A play cannot go on: a mistake in the playbook that shows only now.
    Broken {
        /// The mistake.
        #[serde(serialize_with = "one_line")]
        diagnostic: Arc<Diagnostic>,
    },
    /// No host is left.
    NoHostsLeft,
    /// Somebody wants the run to stop: what is under way is finished, and nothing further begun.
    Stopping,
    /// A run has ended.
    RunFinished {
        /// What happened on each host.
        recap: IndexMap<Arc<str>, Recap>,
        /// Values of `set_stats`, by host or under `_run`.
        stats: Returns,
        /// Whether somebody stopped it.
        interrupted: bool,
        /// Seconds.
        seconds: f64,
        /// How long hosts were busy meanwhile.
        spent: Spent,
    },
}

/// How much of a run's time hosts were busy, in seconds. What goes on side by side counts once; what is in neither, the
/// engine took for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spent {
    /// Some host ran a command, had files changed, or was waited for.
    pub working: f64,
    /// No host did that, and some were only looked at.
    pub looking: f64,
}

/// A number for a task, unique in a run.
pub type TaskId = u32;

/// What is known of a task before it runs.
#[derive(Clone, Debug, Serialize)]
pub struct TaskInfo {
    /// Its number.
    pub id: TaskId,
    /// Its play's name.
    pub play: Arc<str>,
    /// Its name, with its role's: `etcd : Write the unit`.
    pub name: Arc<str>,
    /// The module, as it was written.
    pub module: Arc<str>,
    /// Its place, `file:line:column`.
    pub place: String,
    /// Its role.
    pub role: Option<Arc<str>>,
    /// Whether it is a handler.
    pub handler: bool,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
}

/// How a task, or an item of its loop, ended on a host.
#[derive(Clone, Debug, Serialize)]
pub struct Finished {
    /// The task.
    pub task: TaskId,
    /// The host whose task it is.
    pub host: Arc<str>,
    /// The host it acted on, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegate: Option<Arc<str>>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What changed, or would.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What `register` sees; what is secret is hidden.
    pub result: Arc<Json>,
    /// The item's label, for an item of a loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The place of the mistake, where a failure has one better than the task's.
    #[serde(skip)]
    pub diagnostic: Option<Arc<Diagnostic>>,
    /// Seconds.
    pub seconds: f64,
}

/// One change of a host.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// What changes, in a few words.
    pub summary: String,
    /// Before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
}

/// How a task ended on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// All was as it should be.
    Ok,
    /// Something was changed; in check mode, it would be.
    Changed,
    /// It did not apply.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It failed.
    Failed {
        /// Whether that is passed over.
        ignored: bool,
    },
    /// The host could not be reached.
    Unreachable {
        /// Whether that is passed over.
        ignored: bool,
    },
    /// In check mode: nobody can say before something else was done.
    Unknown {
        /// What it waits for.
        waits_for: String,
    },
    /// What it needs has failed elsewhere.
    Blocked {
        /// By what.
        by: String,
    },
}

/// What happened on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recap {
    /// Tasks that ended well, changed or not.
    pub ok: u32,
    /// Tasks that changed something, or would.
    pub changed: u32,
    /// Times it could not be reached.
    pub unreachable: u32,
    /// Tasks that failed.
    pub failed: u32,
    /// Tasks that did not apply.
    pub skipped: u32,
    /// Failures that a rescue dealt with.
    pub rescued: u32,
    /// Failures that were passed over.
    pub ignored: u32,
    /// Tasks of which check mode could not say what they would do.
    pub unknown: u32,
    /// Tasks that could not begin, since what they need failed elsewhere.
    pub blocked: u32,
}

fn one_line<S: serde::Serializer>(
    diagnostic: &Arc<Diagnostic>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(diagnostic)
}

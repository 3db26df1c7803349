//! What would change on each host, gathered from events.

use indexmap::IndexMap;
use k8sbm_core::{
    event::{Change, Event, Finished, Outcome, Sink, TaskId, TaskInfo},
    task::Diff,
};
use serde::Serialize;
use serde_json::Value as Json;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The version of a plan in JSON.
const VERSION: u32 = 1;

/// Gathers what would change.
#[derive(Default)]
pub struct Planned(Mutex<State>);

#[derive(Default)]
struct State {
    tasks: HashMap<TaskId, Arc<TaskInfo>>,
    hosts: IndexMap<Arc<str>, HostPlan>,
}

/// A plan for all hosts.
#[derive(Serialize)]
pub struct WholePlan {
    /// The version of this form.
    pub version: u32,
    /// The hosts, by name.
    pub hosts: IndexMap<Arc<str>, HostPlan>,
}

/// What would happen on one host.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HostPlan {
    /// The tasks that would change something.
    pub changes: Vec<TaskPlan>,
    /// The tasks of which nobody can say what they would do.
    pub unknown: Vec<TaskPlan>,
    /// How many tasks would change nothing.
    pub unchanged: u32,
    /// How many tasks do not apply.
    pub skipped: u32,
    /// The tasks that fail, or cannot begin, already now.
    pub failed: Vec<TaskPlan>,
    /// Whether it could not be reached.
    pub unreachable: bool,
}

/// What one task would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaskPlan {
    /// Its name.
    pub task: Arc<str>,
    /// Its module.
    pub module: Arc<str>,
    /// Its place, `file:line:column`.
    pub place: String,
    /// What would be done, in a few words each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<String>,
    /// Before and after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diffs: Vec<Diff>,
    /// What it waits for, or why it fails.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Planned {
    /// The plan.
    pub fn take(&self) -> WholePlan {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hosts = std::mem::take(&mut state.hosts);
        hosts.sort_keys();
        WholePlan {
            version: VERSION,
            hosts,
        }
    }
}

impl WholePlan {
    /// Whether anything would change.
    pub fn changes(&self) -> bool {
        self.hosts.values().any(|host| !host.changes.is_empty())
    }
}

impl Sink for Planned {
    fn event(&self, event: &Event) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::PlayStarted { hosts, .. } => {
                for host in hosts {
                    state.hosts.entry(host.clone()).or_default();
                }
            }
            Event::TaskStarted(task) => {
                state.tasks.insert(task.id, task.clone());
            }
            Event::HostFinished(finished) => state.finished(finished),
            _ => {}
        }
    }
}

impl State {
    fn finished(&mut self, finished: &Finished) {
        let task = self.tasks.get(&finished.task);
        if task.is_some_and(|task| task.module.ends_with("meta")) {
            return;
        }
        let mut plan = TaskPlan {
            task: task.map_or_else(Default::default, |task| task.name.clone()),
            module: task.map_or_else(Default::default, |task| task.module.clone()),
            place: task.map(|task| task.place.clone()).unwrap_or_default(),
            ..TaskPlan::default()
        };
        let host = self.hosts.entry(finished.host.clone()).or_default();
        let message = || {
            let said = finished.result.get("msg").and_then(Json::as_str);
            said.unwrap_or_default().to_owned()
        };
        match &finished.outcome {
            Outcome::Changed => {
                plan.take(&finished.changes);
                host.changes.push(plan);
            }
            Outcome::Unknown { waits_for } => {
                plan.why.clone_from(waits_for);
                plan.take(&finished.changes);
                host.unknown.push(plan);
            }
            Outcome::Failed { ignored: false } => {
                plan.why = message();
                host.failed.push(plan);
            }
            Outcome::Blocked { by } => {
                plan.why = format!("blocked by {by}");
                host.failed.push(plan);
            }
            Outcome::Unreachable { ignored: false } => {
                plan.why = message();
                host.unreachable = true;
                host.failed.push(plan);
            }
            Outcome::Skipped { .. } => host.skipped += 1,
            Outcome::Ok | Outcome::Failed { .. } | Outcome::Unreachable { .. } => {
                host.unchanged += 1;
            }
        }
    }
}

impl TaskPlan {
    fn take(&mut self, changes: &[Change]) {
        self.summaries
            .extend(changes.iter().map(|change| change.summary.clone()));
        self.diffs
            .extend(changes.iter().filter_map(|change| change.diff.clone()));
    }
}

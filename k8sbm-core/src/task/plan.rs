//! What would have to change.

use super::{Act, Diff, Result, Step};
use crate::host::{Command, FileChange, Host, background::Detached};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// Values for `register`, by name.
pub type Returns = Map<String, Json>;

/// What would have to change to make a task's statement true; empty when it is true.
///
/// A plan is a value: it can be printed, compared and kept. Applying it does its steps in order.
#[derive(Debug, Default, Serialize)]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What `register` sees.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub returns: Returns,
    /// What it does to the run itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// Why there was nothing to do, for a task that its own arguments skip (`creates`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What the user should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Whether it is sure to change something though its module always acts, as a command with `creates` is.
    #[serde(skip)]
    pub certain: bool,
    /// The message of a task that a playbook itself puts into check mode, in the midst of a run.
    #[serde(skip)]
    pub unless_checked: Option<&'static str>,
    /// A command that does what the steps do, and can go on by itself on the host; for tasks with `poll: 0`.
    #[serde(skip)]
    pub detached: Option<Detached>,
}

/// What a task does to the run instead of to a host.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Sets facts of the host (`ansible_facts`).
    Facts(Returns),
    /// Sets variables of the host, as `set_fact` does.
    Variables {
        /// The variables.
        values: Returns,
        /// Whether they count as facts too.
        cacheable: bool,
    },
    /// Sets variables of the host, as `include_vars` does.
    IncludedVariables(Returns),
    /// Adds a host to the inventory of this run.
    AddHost {
        /// Its name.
        name: String,
        /// The groups to add it to.
        groups: Vec<String>,
        /// Its variables.
        variables: Returns,
    },
    /// Adds the host to a group of this run.
    GroupBy {
        /// The group.
        group: String,
        /// The groups that contain it.
        parents: Vec<String>,
    },
    /// Sets values for the recap, as `set_stats` does.
    Stats {
        /// The values.
        values: Returns,
        /// Per host or for the run.
        per_host: bool,
        /// Whether numbers add up and lists grow.
        aggregate: bool,
    },
}

impl Plan {
    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        !self.steps.iter().any(|step| step.changes)
    }

    /// A plan that its task's own arguments skip.
    pub fn skip(reason: impl Into<String>) -> Self {
        Self {
            skipped: Some(reason.into()),
            ..Self::default()
        }
    }

    /// Sets a value for `register`.
    pub fn returns(&mut self, key: impl Into<String>, value: impl Into<Json>) -> &mut Self {
        self.returns.insert(key.into(), value.into());
        self
    }

    /// Tells the user something.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Does something to the run.
    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Changes a file.
    pub fn change(&mut self, summary: impl Into<String>, change: FileChange, diff: Option<Diff>) {
        self.steps.push(Step {
            summary: summary.into(),
            diff,
            changes: true,
            act: Act::File(change),
        });
    }

    /// Runs a command, which must exit with 0.
    pub fn run<S: Into<String>>(&mut self, argv: impl IntoIterator<Item = S>) {
        self.run_command(Command::new(argv), None);
    }

    /// Runs a command, which must exit with 0, and shows what it changes.
    pub fn run_command(&mut self, command: Command, diff: Option<Diff>) {
        let summary = format!("run {}", command.line());
        self.steps.push(Step {
            summary,
            diff,
            changes: true,
            act: Act::Run(command),
        });
    }

    /// Does what only code can say. What it returns joins what `register` sees; until then that is unknown.
    pub fn act<F, R>(&mut self, summary: impl Into<String>, procedure: F)
    where
        F: FnOnce(Host) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Returns>> + Send + 'static,
    {
        self.procedure(summary.into(), None, true, procedure);
    }

    /// As [`act`](Self::act), with a diff to show.
    pub fn act_with<F, R>(&mut self, summary: impl Into<String>, diff: Diff, procedure: F)
    where
        F: FnOnce(Host) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Returns>> + Send + 'static,
    {
        self.procedure(summary.into(), Some(diff), true, procedure);
    }

    /// Waits for or asks something when applying; changes nothing.
    pub fn observe<F, R>(&mut self, summary: impl Into<String>, procedure: F)
    where
        F: FnOnce(Host) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Returns>> + Send + 'static,
    {
        self.procedure(summary.into(), None, false, procedure);
    }

    fn procedure<F, R>(&mut self, summary: String, diff: Option<Diff>, changes: bool, procedure: F)
    where
        F: FnOnce(Host) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Returns>> + Send + 'static,
    {
        let act = Act::Procedure(Box::new(move |host| Box::pin(procedure(host))));
        self.steps.push(Step {
            summary,
            diff,
            changes,
            act,
        });
    }
}

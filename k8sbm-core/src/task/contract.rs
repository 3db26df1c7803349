//! What every task's author writes.

use super::{Plan, Probe, Result};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A statement about a host that can be made true.
///
/// The struct is the arguments, the manual, the JSON schema and the task.
/// [`plan`](Task::plan) looks at the host and returns what would have to change;
/// an empty plan means that the statement is true already.
///
/// ```
/// use k8sbm_core::task::{Plan, Probe, Result, Task};
///
/// /// Puts a line of text into a file of its own.
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct Motto {
///     /// Absolute path of the file.
///     path: String,
///     /// The line.
///     line: String,
/// }
///
/// impl Task for Motto {
///     const NAME: &'static str = "motto";
///
///     async fn plan(&self, host: &Probe) -> Result<Plan> {
///         let mut plan = Plan::default();
///         plan.file(host, &self.path, format!("{}\n", self.line)).await?;
///         Ok(plan)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task",
    label = "this cannot be registered as a module",
    note = "implement `k8sbm_core::task::Task` for it, and derive `serde::Deserialize` and `schemars::JsonSchema`"
)]
pub trait Task: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The module's short name, such as `sysctl`.
    const NAME: &'static str;

    /// The argument that takes the text of `name: text`, for modules with a free form.
    const FREE_FORM: Option<&'static str> = None;

    /// Arguments that are expressions without braces, such as `debug.var`. Each arrives as a mapping
    /// `{expression, value}`, or `{expression, error}` where it could not be evaluated; a list of expressions as a
    /// list of them.
    const EXPRESSIONS: &'static [&'static str] = &[];

    /// Arguments that are conditions as in `when`, such as `assert.that`. They arrive as expressions do, with `holds`
    /// beside the value.
    const CONDITIONS: &'static [&'static str] = &[];

    /// Arguments that arrive as they were written, not templated.
    const UNTEMPLATED: &'static [&'static str] = &[];

    /// What variables it sets beside what `register` names.
    const SETS: Sets = Sets::Nothing;

    /// Whether it always acts, as commands do: planning goes no further ahead than here.
    const ALWAYS_ACTS: bool = false;

    /// Whether it concerns the run rather than a host, so that it runs once for all hosts, as with `run_once`.
    const RUN_ONCE: bool = false;

    /// Looks at the host and says what to change; changes nothing.
    ///
    /// # Errors
    /// When the arguments cannot be right, or the statement can never be made true.
    fn plan(&self, host: &Probe) -> impl Future<Output = Result<Plan>> + Send;

    /// Checks what needs no host, such as arguments that exclude each other.
    ///
    /// # Errors
    /// Says what is wrong with the arguments.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// Examples for the manual; each is parsed, and checked, by a test.
    fn examples() -> &'static [Example] {
        &[]
    }

    /// What `register` sees beside `changed` and `failed`: names with a sentence each.
    fn returns() -> &'static [(&'static str, &'static str)] {
        &[]
    }
}

/// An example of a task, as it would stand in a playbook.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it does.
    pub title: &'static str,
    /// The task, or a list of tasks, in YAML.
    pub yaml: &'static str,
}

/// What variables a task sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sets {
    /// None.
    Nothing,
    /// Those that its arguments are named after (`set_fact`).
    Arguments,
    /// These.
    Names(&'static [&'static str]),
    /// Nobody knows before it ran (`include_vars`).
    Anything,
}

/// A task without its type.
pub trait Erased: Send + Sync {
    /// [`Task::plan`].
    fn plan<'a>(&'a self, host: &'a Probe) -> BoxFuture<'a, Result<Plan>>;
}

impl<T: Task> Erased for T {
    fn plan<'a>(&'a self, host: &'a Probe) -> BoxFuture<'a, Result<Plan>> {
        Box::pin(Task::plan(self, host))
    }
}

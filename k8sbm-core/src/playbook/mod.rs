//! Playbooks: from YAML to plays whose tasks have everything inherited resolved.

mod build;
mod files;
#[cfg(test)]
mod fixture;
mod language;
mod loader;
mod names;
mod notify;
mod order;
mod play;
mod reader;
mod reserved;
mod review;
mod role;
mod schema;
mod search;
mod spec;
mod start;
mod tags;
mod task;
mod title;
mod variables;
mod walk;

pub use loader::{IncludedRole, IncludedTasks, Loader};
pub(crate) use reserved::{reserved, reserved_name};
pub use review::Review;
pub(crate) use role::VALIDATE;
pub use schema::{playbook_schema, tasks_schema};
pub use start::{check_start, starts_at};
pub use tags::selected;
pub use task::{key_values, more, with_defaults};
pub(crate) use variables::is_name as is_variable_name;

pub use spec::{
    Action, BecomeSpec, Block, Context, Handler, Include, IncludeKind, Loop, LoopControl, Meta,
    Need, NeedScope, Play, PlayArgspec, Playbook, PlaybookImport, Role, Section, Statement, Step,
    Strategy, Switch, TaskSpec, Until,
};

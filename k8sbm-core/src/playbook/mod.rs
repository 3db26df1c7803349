//! Playbooks: from YAML to plays whose tasks have everything inherited resolved.

mod action;
mod arguments;
mod build;
mod files;
#[cfg(test)]
mod fixture;
mod foreign;
mod inherit;
mod inline;
mod keyword;
mod loader;
mod loops;
mod module_defaults;
mod names;
mod needs;
mod notify;
mod play;
mod reader;
mod role;
mod schema;
mod search;
mod shape;
mod spec;
mod statement;
mod step;
mod tags;
mod task;
mod templates;
mod title;
mod variables;

pub use arguments::more;
pub use loader::{IncludedRole, IncludedTasks, Loader};
pub use module_defaults::with_defaults;
pub use play::starts_at;
pub use schema::{playbook_schema, tasks_schema};
pub use tags::selected;

pub use spec::{
    Action, BecomeSpec, Block, Context, Handler, Include, IncludeKind, Loop, LoopControl, Meta,
    Need, NeedScope, Play, Playbook, Role, Section, Statement, Step, Strategy, Switch, TaskSpec,
    Until,
};

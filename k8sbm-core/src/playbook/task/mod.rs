//! Tasks, blocks and handlers, and the statements among them.

mod action;
mod arguments;
mod handler;
mod import;
mod include;
pub(in crate::playbook) mod inline;
mod keywords;
mod loops;
mod meta;
pub(in crate::playbook) mod module_defaults;
mod statement;
mod step;
mod templates;
mod unknown;
mod written;

pub(in crate::playbook) use action::{Call, Statements, builtin};
pub(in crate::playbook) use arguments::is_expression;
pub use arguments::more;
pub(in crate::playbook) use include::{ROLE_OPTIONS, TASKS_OPTIONS};
pub use inline::key_values;
pub(in crate::playbook) use meta::meta_names;
pub use module_defaults::with_defaults;
pub(in crate::playbook) use written::{FREE_FORM, with_args};

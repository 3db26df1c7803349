//! What steers a run: variables, messages, checks and pauses.

mod add_host;
mod assert;
mod debug;
mod expression;
mod fail;
mod free_keys;
mod group_by;
mod include_vars;
mod list;
mod message;
mod pause;
mod set_fact;
mod set_stats;
mod validate_argument_spec;
mod variable;

pub(crate) use list::register;

//! What steers a run: variables, messages, checks and pauses.

mod assert;
mod debug;
mod expression;
mod fail;
mod list;
mod message;
mod set_fact;
mod variable;

pub(crate) use list::register;

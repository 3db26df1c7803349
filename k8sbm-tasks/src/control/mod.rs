//! What steers a run: variables, messages, checks and pauses.

mod list;

pub(crate) use list::register;

//! Running commands and scripts, and starting a host anew.

mod async_status;
#[expect(clippy::module_inception, reason = "the module is called command")]
mod command;
mod condition;
mod execution;
mod expansion;
mod first_word;
mod list;
mod raw;
mod reboot;
mod script;
mod shell;
mod temporary;

pub(crate) use condition::{Conditions, Needless};
pub(crate) use list::register;
pub(crate) use temporary::TemporaryDirectory;

//! The `apt` module.

mod arguments;
mod clean;
mod command;
mod deb;
mod install;
mod lists;
mod plan;
mod simulation;

pub(crate) use arguments::{Apt, State};
pub(super) use command::{AptGet, failure};
pub(super) use lists::update;

//! Turns requests into a shell script, and what the script prints into answers.

mod answer;
mod change;
mod command;
mod compile;
mod literal;
mod looks;
mod prologue;
mod stat;
mod step;
mod upload;

pub(crate) use answer::{answer, expired};
pub(crate) use compile::compile;
pub(crate) use prologue::prologue;
pub(crate) use step::{Asks, Section, Step};
pub(crate) use upload::{Outgoing, Upload};

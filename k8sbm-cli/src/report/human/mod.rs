//! The report for people: Ansible's words, so that what greps them goes on working.

mod banner;
mod diff;
mod failure;
mod live;
mod look;
mod outcome;
mod recap;
#[cfg(test)]
pub mod recorded;
mod report;
mod screen;
mod shown;
mod telling;

pub use diff::unified;
pub use look::{Look, Tone};
pub use outcome::why_unknown;
pub use report::Human;
pub use shown::pretty;

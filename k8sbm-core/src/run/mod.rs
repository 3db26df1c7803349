//! Running playbooks: a dispatcher that owns state and puts events in order, and instances that do the work.
//!
//! [`Runner`] is what an embedding program meets. For every play a [`crate::graph::Graph`] is compiled; a batch of
//! hosts walks it. An instance is one task on one host: it is prepared (conditions, items, arguments, plan), done, and
//! judged; instances look ahead, so that the looks of a host's next tasks travel together.

mod ahead;
mod application;
mod arguments;
mod attempt;
mod background;
mod batch;
mod board;
mod connections;
mod connector;
mod course;
mod desk;
mod effects;
mod ending;
mod expressions;
mod fact_cache;
mod failure;
mod files;
mod foresight;
mod ground;
mod include;
mod instance;
mod job;
mod launch;
mod looping;
mod magic;
mod meta;
mod news;
mod options;
mod outcome;
mod parting;
mod play;
mod player;
mod prepare;
mod prepared;
mod ready;
mod runner;
mod shared;
mod stage;
mod standing;
mod stopwatch;
mod tally;
mod verdict;
mod ways;

pub use connections::Connections;
pub use connector::{Connector, Way};
pub use fact_cache::{FactCache, Gathering};
pub use options::Options;
pub use ready::Ready;
pub use runner::{Report, Runner, Stop};
pub use shared::{Nobody, Prompter};

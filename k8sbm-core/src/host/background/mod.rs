//! Jobs: what goes on by itself on a host, and the folder there that tells what came of it.

mod job;

pub use job::{Detached, Ended, FOLDER, Job, State};

//! Artefacts: what is installed, by name, version and SHA-256, and where it comes from.
//!
//! A [`Lock`] names them; it is data in an inventory. [`Sources`] say where each comes from: a directory, a mirror, or
//! upstream. The controller fetches each once, for all hosts and all runs, and believes nothing but checksums. A
//! [`Directory`] is filled where there is an internet, and carried to where there is none.

mod artifact;
mod directory;
mod download;
mod file;
mod lock;
mod sources;
mod tally;

pub use artifact::{Artifact, Kind};
pub(crate) use directory::AT_ONCE;
pub use directory::{Directory, News, Standing, Tell};
pub use file::{Fetched, Progress};
pub use lock::Lock;
pub(crate) use lock::unknown;
pub use sources::{Origin, Sources};
pub use tally::{Tally, size};

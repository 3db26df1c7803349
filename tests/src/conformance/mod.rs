//! Ansible's own integration tests, run with k8sbm in Ansible's place.
//!
//! They come from the source distribution of ansible-core, which is fetched when they run; nothing of it is kept
//! in the repository.

mod asserts;
mod page;
mod suite;
mod target;
mod trial;

pub use asserts::Asserts;
pub use page::Page;
pub use suite::Suite;
pub use target::{Target, Tier};
pub use trial::{Program, Trial, Verdict};

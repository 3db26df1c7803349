//! A host in memory, for tests.

mod change;
mod host;
mod reply;
mod tree;

pub use host::FakeHost;

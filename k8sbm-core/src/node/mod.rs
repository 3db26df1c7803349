//! YAML text as a tree that remembers where every node came from.
//!
//! Templating happens between parsing and typing, so places live in the tree:
//! text -> [`Node`] -> rendered [`Node`] (same spans) -> typed arguments.

mod span;
mod tree;

pub use span::{Source, Span};
pub use tree::{Entry, Kind, Map, Node, Tag};

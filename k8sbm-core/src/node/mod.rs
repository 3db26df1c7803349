//! YAML text as a tree that remembers where every node came from.
//!
//! Templating happens between parsing and typing, so places live in the tree:
//! text -> [`Node`] -> rendered [`Node`] (same spans) -> typed arguments.

mod de;
mod file;
mod from;
mod json;
mod load;
mod merge;
mod reading;
mod scalar;
mod span;
mod syntax;
mod tag;
mod text;
mod tree;

pub use de::from_node;
pub use file::TextFile;
pub use from::vars;
pub use load::{load, load_one};
pub use reading::{Duplicates, Reading};
pub use span::{Source, Span};
pub use text::float_text;
pub use tree::{Entry, Kind, Map, Node, Tag};

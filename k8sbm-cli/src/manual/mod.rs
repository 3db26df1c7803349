//! The manual: pages made of the schemas and documents of modules, and of the statements of the language.

mod argument;
mod entry;
mod index;
mod markdown;
mod page;
mod statements;
mod wrap;

pub use entry::{Entry, entries};
pub use index::index;
pub use markdown::pages;
pub use page::page;

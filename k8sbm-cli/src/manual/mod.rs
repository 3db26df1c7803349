//! The manual: pages made of the schemas and documents of modules.

mod argument;
mod index;
mod page;
mod wrap;

pub use index::index;
pub use page::page;

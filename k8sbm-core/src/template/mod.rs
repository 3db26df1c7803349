//! Templates: Jinja as Ansible speaks it, over minijinja.
//!
//! Variables are lazy: a name is looked up in a [`crate::vars::Scope`] when a template asks for
//! it, and rendered then. A string that is exactly one `{{ expression }}` keeps its type.
//! Undefined names may be asked about (`is defined`, `default`), chained (`a.b.c`), and are an
//! error when used.

mod condition;
mod engine;
mod error;
mod filters;
mod finish;
#[cfg(test)]
pub(crate) mod fixture;
mod guard;
mod lazy;
mod output;
mod place;
mod render;
mod source;
mod syntax;
mod tests;
mod tree;

pub use engine::{Compat, Engine};
pub use error::TemplateError;

pub(crate) use condition::describe;
pub(crate) use finish::omit;
pub(crate) use tree::Tree;

//! Templates: Jinja as Ansible speaks it, over minijinja.
//!
//! Variables are lazy: a name is looked up in a [`crate::vars::Scope`] when a template asks for
//! it, and rendered then. A string that is exactly one `{{ expression }}` keeps its type.
//! Undefined names may be asked about (`is defined`, `default`), chained (`a.b.c`), and are an
//! error when used.

mod about;
mod braces;
mod call;
mod check;
mod condition;
mod diagnose;
mod dialect;
mod engine;
mod error;
mod escapes;
mod filters;
mod finish;
#[cfg(test)]
pub(crate) mod fixture;
mod functions;
mod guard;
mod includes;
mod lazy;
mod literal;
mod lookups;
mod methods;
mod moment;
mod output;
mod place;
mod render;
mod source;
mod syntax;
mod tests;
mod text;
mod tree;
mod tuples;
mod undefined;

pub use engine::{Compat, Engine};
pub use error::TemplateError;

pub(crate) use about::about;
pub(crate) use condition::describe;
pub(crate) use finish::{is_omit, omit};
pub(crate) use functions::NAMES as FUNCTIONS;
pub(crate) use tree::Tree;

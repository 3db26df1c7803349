//! From tree to types, with the place of every mistake.
//!
//! Any `#[derive(Deserialize)]` type can be read. What is asked for decides how lenient the
//! reading is, in the way of Ansible's argument types; see [`from_node`].

mod access;
mod convert;
mod deserializer;
mod error;
mod tree;

pub use deserializer::from_node;

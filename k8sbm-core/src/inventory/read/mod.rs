//! The ways an inventory can be written.

mod file;
mod ini;
mod list;
mod literal;
mod script;
mod words;
mod yaml;

pub(super) use file::read_source;

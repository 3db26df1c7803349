//! The built command, over connections to this machine itself.

mod artifacts;
mod exits;
mod lint;
mod lists;
mod meta;
mod output;
mod project;
mod stops;
mod vault;

//! Playbooks and plays.

mod file;
mod keywords;
mod load;

//! Playbooks and plays.

mod argspec;
mod file;
mod keywords;
mod load;

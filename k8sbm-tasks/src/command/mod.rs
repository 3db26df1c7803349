//! Running commands and scripts, and starting a host anew.

mod list;

pub(crate) use list::register;

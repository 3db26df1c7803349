//! The kernel, mounts, names and other settings of a host.

mod list;

pub(crate) use list::register;

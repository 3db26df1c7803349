//! Users, groups and their keys.

mod list;

pub(crate) use list::register;

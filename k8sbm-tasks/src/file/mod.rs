//! Files, directories and what stands in them.

mod list;

pub(crate) use list::register;

//! Services and what starts them.

mod list;

pub(crate) use list::register;

//! The network and the host as a whole: requests, waiting, facts.

mod list;

pub(crate) use list::register;

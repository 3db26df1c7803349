//! The network and the host as a whole: requests, waiting, facts.

mod gather_facts;
mod gathering;
mod list;
mod ping;
mod setup;

pub(crate) use list::register;

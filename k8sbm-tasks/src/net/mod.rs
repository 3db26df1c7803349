//! The network and the host as a whole: requests, waiting, facts.

mod attempt;
mod gather_facts;
mod gathering;
mod list;
mod ping;
mod setup;
mod uri;
mod wait_for;
mod wait_for_connection;

pub(crate) use attempt::{Patience, attempt, succeeded, until_answer};
pub(crate) use list::register;
pub(crate) use uri::Curl;

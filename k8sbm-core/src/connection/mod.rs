//! How requests reach a host.

mod quote;
mod request;

pub use quote::quote;
pub use request::{Answer, Connection, ConnectionError, ConnectionErrorKind, Request, RunAs};

//! How requests reach a host.

mod quote;
mod request;
mod words;

pub use quote::quote;
pub use request::{Answer, Connection, ConnectionError, ConnectionErrorKind, Request, RunAs};
pub use words::words;

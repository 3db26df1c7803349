//! How requests reach a host.

mod become_user;
mod chroot;
mod exchange;
mod fake;
mod frame;
mod local;
mod pool;
mod quote;
mod request;
mod script;
mod shell;
mod ssh;
mod transport;
mod words;

pub use chroot::Chroot;
pub use fake::FakeHost;
pub use local::Local;
pub use quote::quote;
pub use request::{Answer, Connection, ConnectionError, ConnectionErrorKind, Request, RunAs};
pub use ssh::{Ssh, SshOptions};
pub use words::words;

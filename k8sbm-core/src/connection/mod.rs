//! How requests reach a host.
//!
//! A batch of [`Request`]s becomes the steps of one shell script (`script`), in which looks of a kind
//! share processes. A persistent shell (`shell`) runs it and ends each step's output, on both streams,
//! with a marker that only it knows (`frame`). Each connection keeps such shells for each user
//! (`pool`) over its own way of starting a program on the host (`transport`): [`Ssh`], [`Local`],
//! [`Chroot`]. [`FakeHost`] answers from memory.
//!
//! A command that may leave something running takes its shell with it, so that late words of what it
//! left are not taken for another command's. Where that cannot be seen from its text, what it says
//! between two scripts is found and dropped; only what it says while another command runs is not told
//! from that command's own output.

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

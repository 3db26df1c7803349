//! What a host lets in and out.

mod firewalld;
mod iptables;
mod list;
mod ufw;

pub(crate) use list::register;

//! etcd, through `etcdctl` on a host.

mod client;
mod members;

pub(super) use client::Client;
pub(super) use members::{Member, members};

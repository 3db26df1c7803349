//! etcd, through `etcdctl` on a host.

mod client;
mod leaving;
mod members;

pub(super) use client::Client;
pub(super) use leaving::{healthy, may_leave};
pub(super) use members::{Member, members};

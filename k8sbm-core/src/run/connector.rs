//! From a host's variables to a connection.

use crate::connection::Connection;
use std::{path::PathBuf, sync::Arc};

/// How to reach a host, as variables, keywords and options say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Way {
    /// The host's name in the inventory.
    pub name: Arc<str>,
    /// `ssh`, `local`, `chroot`.
    pub kind: String,
    /// `ansible_host`, or the name.
    pub address: String,
    /// `ansible_port`
    pub port: Option<u16>,
    /// `ansible_user`
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`
    pub key: Option<PathBuf>,
    /// `ansible_ssh_common_args` and `ansible_ssh_extra_args`
    pub arguments: String,
    /// `ansible_host_key_checking` and its kin, where a variable says.
    pub host_key_checking: Option<bool>,
}

/// Makes connections; nothing is opened before the first request.
pub trait Connector: Send + Sync {
    /// The connection for a way.
    ///
    /// # Errors
    /// When there is no such kind of connection, with the kinds there are.
    fn connect(&self, way: &Way) -> Result<Arc<dyn Connection>, String>;
}

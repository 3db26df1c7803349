//! The kinds of connections that every program has.

use super::{
    connector::{Connector, Way},
    options::Options,
};
use crate::connection::{Chroot, Connection, Local, Ssh, SshOptions, words};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Connects by ssh, to this machine itself, or to a directory that holds another system (`ansible_host` names it).
#[derive(Clone, Debug)]
pub struct Connections {
    check_host_key: bool,
    timeout: Duration,
    control_directory: PathBuf,
}

impl Connections {
    /// Connections as the options of a run say.
    pub fn new(options: &Options) -> Self {
        Self {
            check_host_key: options.host_key_checking,
            timeout: options.timeout,
            control_directory: options.control_directory.clone(),
        }
    }
}

impl Connector for Connections {
    fn connect(&self, way: &Way) -> Result<Arc<dyn Connection>, String> {
        match way.kind.as_str() {
            "local" | "ansible.builtin.local" => Ok(Arc::new(Local::new())),
            "chroot" | "community.general.chroot" => Ok(Arc::new(Chroot::new(&way.address))),
            "ssh" | "smart" | "paramiko" | "ansible.builtin.ssh" => {
                let mut options = SshOptions::new(&way.address, &self.control_directory);
                options.port = way.port;
                options.user = way.user.clone();
                options.key = way.key.clone();
                options.arguments = words(&way.arguments)
                    .map_err(|error| format!("the arguments of ssh: {error}"))?;
                options.check_host_key = way.host_key_checking.unwrap_or(self.check_host_key);
                options.timeout = self.timeout;
                Ok(Arc::new(Ssh::new(options)))
            }
            other => Err(format!(
                "there is no connection `{other}`; there are ssh, local and chroot"
            )),
        }
    }
}

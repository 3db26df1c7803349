//! How ssh is to connect.

use std::{ffi::OsString, path::PathBuf, time::Duration};

/// What is said of a connection beyond what ssh's own configuration says.
#[derive(Clone, Debug)]
pub struct SshOptions {
    /// Name, address or alias of the host.
    pub host: String,
    /// Port.
    pub port: Option<u16>,
    /// User to log in as.
    pub user: Option<String>,
    /// Private key file.
    pub key: Option<PathBuf>,
    /// More arguments for ssh, as `ansible_ssh_common_args` and `ansible_ssh_extra_args` give them,
    /// split into words.
    pub arguments: Vec<String>,
    /// Whether the host must be known by its key.
    pub check_host_key: bool,
    /// How long connecting may take, and after which a silent host counts as gone.
    pub timeout: Duration,
    /// A private directory for control sockets; its path must be short.
    pub control_directory: PathBuf,
    /// The program, `ssh` if not said otherwise.
    pub program: PathBuf,
}

impl SshOptions {
    /// A host with ssh's own settings.
    pub fn new(host: impl Into<String>, control_directory: impl Into<PathBuf>) -> Self {
        Self {
            host: host.into(),
            port: None,
            user: None,
            key: None,
            arguments: Vec::new(),
            check_host_key: true,
            timeout: Duration::from_secs(10),
            control_directory: control_directory.into(),
            program: "ssh".into(),
        }
    }

    /// The arguments for a master that listens on `socket` and runs `command`.
    ///
    /// ssh keeps the first value that it reads of a setting: ours that must hold come first,
    /// then the user's, then our defaults, then the user's configuration files.
    pub(super) fn arguments(&self, socket: &str, command: &str) -> Vec<OsString> {
        let alive = (self.timeout.as_secs() / 3).max(1);
        let mut words: Vec<OsString> = Vec::new();
        let option = |words: &mut Vec<OsString>, text: String| {
            words.extend(["-o".into(), text.into()]);
        };
        words.push("-T".into());
        option(&mut words, "ControlMaster=yes".into());
        option(&mut words, "ControlPersist=no".into());
        option(
            &mut words,
            format!("ControlPath={}", socket.replace('%', "%%")),
        );
        option(&mut words, "BatchMode=yes".into());
        option(&mut words, "LogLevel=INFO".into());
        option(&mut words, "RemoteCommand=none".into());
        option(&mut words, "StdinNull=no".into());
        option(&mut words, "ForkAfterAuthentication=no".into());
        option(&mut words, "SessionType=default".into());
        words.extend(self.arguments.iter().map(OsString::from));
        if !self.check_host_key {
            option(&mut words, "StrictHostKeyChecking=no".into());
        }
        option(
            &mut words,
            format!("ConnectTimeout={}", self.timeout.as_secs().max(1)),
        );
        option(&mut words, format!("ServerAliveInterval={alive}"));
        option(&mut words, "ServerAliveCountMax=3".into());
        if let Some(port) = self.port {
            option(&mut words, format!("Port={port}"));
        }
        if let Some(user) = &self.user {
            option(&mut words, format!("User=\"{user}\""));
        }
        if let Some(key) = &self.key {
            words.push("-i".into());
            words.push(key.into());
        }
        words.extend(["--".into(), OsString::from(&self.host), command.into()]);
        words
    }
}

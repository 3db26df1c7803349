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

    /// The arguments for a master that listens on `socket` and runs nothing itself.
    ///
    /// ssh keeps the first value that it reads of a setting: what must hold comes first, then what
    /// the inventory says, then further arguments, then our defaults, then the configuration files.
    pub(super) fn arguments(&self, socket: &str) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let option = |words: &mut Vec<OsString>, text: String| {
            words.extend(["-o".into(), text.into()]);
        };
        for setting in SETTINGS {
            option(&mut words, (*setting).to_owned());
        }
        let socket = socket.replace('%', "%%");
        option(&mut words, format!("ControlPath=\"{socket}\""));
        if !self.check_host_key {
            option(&mut words, "StrictHostKeyChecking=no".into());
        }
        if let Some(port) = self.port {
            option(&mut words, format!("Port={port}"));
        }
        if let Some(user) = &self.user {
            option(&mut words, format!("User=\"{user}\""));
        }
        if let Some(key) = &self.key {
            words.extend(["-i".into(), key.into()]);
        }
        words.extend(self.arguments.iter().map(OsString::from));
        let seconds = self.timeout.as_secs().max(1);
        option(&mut words, format!("ConnectTimeout={seconds}"));
        option(
            &mut words,
            format!("ServerAliveInterval={}", (seconds / 3).max(1)),
        );
        option(&mut words, "ServerAliveCountMax=3".into());
        words.extend(["-N", "-T", "--", &self.host].map(OsString::from));
        words
    }
}

/// What the engine relies on, whatever the configuration says.
const SETTINGS: &[&str] = &[
    "ControlMaster=yes",
    "ControlPersist=no",
    "BatchMode=yes",
    "LogLevel=INFO",
    "RemoteCommand=none",
];

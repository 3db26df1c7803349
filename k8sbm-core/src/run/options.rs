//! How a run is done: what the command line says, as data.

use super::fact_cache::{FactCache, Gathering};
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Plans only: nothing is changed.
    pub check: bool,
    /// Shows what changes in files.
    pub diff: bool,
    /// How many hosts are worked on at once.
    pub forks: usize,
    /// Runs only tasks with one of these tags.
    pub tags: Vec<String>,
    /// Leaves out tasks with one of these tags.
    pub skip_tags: Vec<String>,
    /// Only these hosts, as a pattern.
    pub limit: Option<String>,
    /// Begins at the task of this name.
    pub start_at_task: Option<String>,
    /// How much the user wants to read, 0 to 4.
    pub verbosity: u8,
    /// Runs handlers on hosts that failed.
    pub force_handlers: bool,
    /// Which plays gather facts.
    pub gathering: Gathering,
    /// Where facts are kept between runs; they are not where there is nothing.
    pub fact_cache: Option<FactCache>,
    /// The module that gathers them.
    pub gather_with: String,
    /// The login, where neither variables nor keywords say.
    pub remote_user: Option<String>,
    /// The kind of connection, where neither variables nor keywords say: `ssh`, `local`.
    pub connection: String,
    /// The private key, where no variable says.
    pub private_key: Option<PathBuf>,
    /// More arguments for ssh, where no variable says.
    pub ssh_common_args: Option<String>,
    /// Whether a host's key must be known.
    pub host_key_checking: bool,
    /// How long a connection may take, and how long a silent host is waited for.
    pub timeout: Duration,
    /// A short path for the control sockets of ssh.
    pub control_directory: PathBuf,
    /// Whether tasks act as another user, where neither variables nor keywords say.
    pub r#become: bool,
    /// The other user; root unless said otherwise.
    pub become_user: Option<String>,
    /// `sudo` or `su`.
    pub become_method: Option<String>,
    /// The password for it.
    pub become_password: Option<String>,
    /// The environment that the `env` lookup and local commands see.
    pub environment: BTreeMap<String, String>,
    /// The directory for what may be fetched again, such as artefacts; nothing is kept where there is none.
    pub cache: Option<PathBuf>,
    /// How many tasks a host may be planned ahead; 1 plans each when it is its turn.
    pub look_ahead: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            check: false,
            diff: false,
            forks: 50,
            tags: Vec::new(),
            skip_tags: Vec::new(),
            limit: None,
            start_at_task: None,
            verbosity: 0,
            force_handlers: false,
            gathering: Gathering::Implicit,
            fact_cache: None,
            gather_with: "setup".into(),
            remote_user: None,
            connection: "ssh".into(),
            private_key: None,
            ssh_common_args: None,
            host_key_checking: true,
            timeout: Duration::from_secs(10),
            control_directory: PathBuf::from("/tmp"),
            r#become: false,
            become_user: None,
            become_method: None,
            become_password: None,
            environment: BTreeMap::new(),
            cache: None,
            look_ahead: 64,
        }
    }
}

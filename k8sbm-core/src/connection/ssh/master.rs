//! One ssh process for a host: the first shell runs on it, further ones join it through its socket.

use super::options::SshOptions;
use super::trouble;
use crate::connection::transport::{Channel, Transport, shell_ended};
use crate::connection::{ConnectionError, ConnectionErrorKind, local, quote};
use async_trait::async_trait;
use openssh::{Session, Stdio};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Longer paths do not fit a socket's address, to which ssh adds 17 bytes while it makes it.
const LONGEST_SOCKET: usize = 90;

/// How long ssh may still be there after its streams ended.
const GONE: Duration = Duration::from_millis(300);

/// ssh's own exit status for a connection that failed; otherwise it is the command's.
const FAILED: i32 = 255;

/// Starts shells on one host.
#[derive(Debug)]
pub(crate) struct Master {
    options: SshOptions,
    running: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    master: Option<Running>,
    /// When a login last failed.
    failed: Option<Instant>,
}

#[derive(Debug)]
struct Running {
    process: Child,
    socket: PathBuf,
}

impl Running {
    /// Waits until ssh has logged in, which is when its socket appears; says whether it did.
    async fn logged_in(&mut self) -> bool {
        while !self.socket.exists() {
            if !self.is_alive() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}

impl Master {
    pub fn new(options: SshOptions) -> Self {
        Self {
            options,
            running: Mutex::default(),
        }
    }

    /// Starts ssh with `command` on it.
    fn connect(&self, command: &str) -> Result<(Running, Channel), ConnectionError> {
        let name = &uuid::Uuid::new_v4().simple().to_string()[..10];
        let socket = self.options.control_directory.join(name);
        if socket.as_os_str().len() > LONGEST_SOCKET {
            return Err(ConnectionError {
                kind: ConnectionErrorKind::Unreachable,
                message: format!(
                    "the control directory's path is too long: {}",
                    socket.display()
                )
                .into(),
                hint: Some("choose a shorter one, such as a directory below /tmp".into()),
            });
        }
        let mut ssh = Command::new(&self.options.program);
        ssh.args(self.options.arguments(&socket.to_string_lossy(), command))
            .process_group(0)
            .kill_on_drop(true);
        let (channel, process) = local::spawn(ssh).map_err(|error| ConnectionError {
            kind: ConnectionErrorKind::Unreachable,
            message: format!("cannot start `{}`: {error}", self.options.program.display()).into(),
            hint: Some("install the OpenSSH client".into()),
        })?;
        Ok((Running { process, socket }, channel))
    }

    /// Starts `command` on a connection that is there already.
    async fn join(&self, running: &Running, command: &str) -> Option<Channel> {
        let session = Session::resume_mux(running.socket.clone().into_boxed_path(), None);
        let session = std::sync::Arc::new(session);
        let mut command = session.arc_raw_command(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().await.ok()?;
        Some(Channel {
            stdin: Box::new(child.stdin().take()?),
            stdout: Box::new(child.stdout().take()?),
            stderr: Box::new(child.stderr().take()?),
            _owner: Box::new(child),
        })
    }
}

#[async_trait]
impl Transport for Master {
    async fn start(&self, argv: &[String]) -> Result<Channel, ConnectionError> {
        let words: Vec<_> = argv.iter().map(|word| quote(word)).collect();
        let command = format!("exec {}", words.join(" "));
        let asked = Instant::now();
        let mut running = self.running.lock().await;
        let state = &mut *running;
        if let Some(master) = state.master.as_mut()
            && master.is_alive()
        {
            if !master.logged_in().await {
                state.failed = Some(Instant::now());
            } else if let Some(channel) = self.join(master, &command).await {
                return Ok(channel);
            }
        }
        // Whoever waited for a login that failed need not wait for another one.
        if state.failed.is_some_and(|failed| failed >= asked) {
            let host = &self.options.host;
            return Err(ConnectionError {
                kind: ConnectionErrorKind::Unreachable,
                message: format!("the connection to {host} could not be made").into(),
                hint: None,
            });
        }
        let (master, channel) = self.connect(&command)?;
        state.master = Some(master);
        Ok(channel)
    }

    async fn ended(&self, begun: bool, words: &str) -> ConnectionError {
        // A connection that broke ends the streams a moment before ssh itself.
        let mut running = self.running.lock().await;
        if !begun {
            running.failed = Some(Instant::now());
        } else if let Some(master) = running.master.as_mut() {
            let end = timeout(GONE, master.process.wait()).await;
            if !matches!(end, Ok(Ok(status)) if status.code() == Some(FAILED)) {
                return shell_ended(words);
            }
        }
        trouble::explain(&self.options, words)
    }

    async fn reset(&self) {
        if let Some(mut master) = self.running.lock().await.master.take() {
            let _ = master.process.kill().await;
            let _ = tokio::fs::remove_file(&master.socket).await;
        }
    }

    async fn close(&self) {
        self.reset().await;
    }
}

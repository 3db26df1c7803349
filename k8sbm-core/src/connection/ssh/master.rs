//! One ssh process for a host, which holds the connection; shells join it through its socket.

use super::options::SshOptions;
use super::trouble;
use crate::connection::transport::{Channel, Transport, shell_ended};
use crate::connection::{ConnectionError, ConnectionErrorKind, quote};
use async_trait::async_trait;
use openssh::{Session, Stdio};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

/// Longer paths do not fit a socket's address, to which ssh adds 17 bytes while it makes it.
const LONGEST_SOCKET: usize = 90;

/// How long a login may take, from the first packet to the socket.
const LOGIN: Duration = Duration::from_secs(60);

/// How long ssh may still be there after its streams ended.
const GONE: Duration = Duration::from_millis(300);

/// How long sshd may refuse a session: it counts those that have just ended a little longer than we do.
const REFUSED: Duration = Duration::from_secs(10);

/// How often to look again, for the socket or for a session that was refused.
const PAUSE: Duration = Duration::from_millis(5);

/// Starts shells on one host.
#[derive(Debug)]
pub(crate) struct Master {
    options: SshOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    /// When a login last failed, and why.
    failed: Option<(Instant, ConnectionError)>,
}

#[derive(Debug)]
struct Running {
    process: Child,
    socket: PathBuf,
}

impl Running {
    fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// What ssh said until it ended, which it is about to.
    async fn last_words(&mut self) -> String {
        let mut said = Vec::new();
        if let Some(stderr) = self.process.stderr.as_mut() {
            let _ = timeout(GONE, stderr.read_to_end(&mut said)).await;
        }
        String::from_utf8_lossy(&said).trim().to_owned()
    }
}

impl Master {
    pub fn new(options: SshOptions) -> Self {
        Self {
            options,
            state: Mutex::default(),
        }
    }

    /// The socket of a connection that stands, which is made unless there is one.
    async fn socket(&self, asked: Instant) -> Result<PathBuf, ConnectionError> {
        let mut state = self.state.lock().await;
        if let Some(running) = state.running.as_mut()
            && running.is_alive()
        {
            return Ok(running.socket.clone());
        }
        // Whoever waited for a login that failed need not wait for another one.
        if let Some((when, error)) = &state.failed
            && *when >= asked
        {
            return Err(error.clone());
        }
        match self.log_in().await {
            Ok(running) => Ok(state.running.insert(running).socket.clone()),
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Starts ssh, and waits until it has logged in, which is when its socket appears.
    async fn log_in(&self) -> Result<Running, ConnectionError> {
        let name = &uuid::Uuid::new_v4().simple().to_string()[..10];
        let socket = self.options.control_directory.join(name);
        if socket.as_os_str().len() > LONGEST_SOCKET {
            return Err(unreachable(
                format!(
                    "the control directory's path is too long: {}",
                    socket.display()
                ),
                "choose a shorter one, such as a directory below /tmp",
            ));
        }
        let mut ssh = Command::new(&self.options.program);
        ssh.args(self.options.arguments(&socket.to_string_lossy()))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let process = ssh.spawn().map_err(|error| {
            unreachable(
                format!("cannot start `{}`: {error}", self.options.program.display()),
                "install the OpenSSH client",
            )
        })?;
        let mut running = Running { process, socket };
        let started = Instant::now();
        while !running.socket.exists() {
            if !running.is_alive() {
                let said = running.last_words().await;
                return Err(trouble::explain(&self.options, &said));
            }
            if started.elapsed() > LOGIN {
                return Err(unreachable(
                    format!("{}: no login within {LOGIN:?}", self.options.host),
                    "what does sshd there wait for?",
                ));
            }
            sleep(PAUSE).await;
        }
        Ok(running)
    }

    /// Starts `command` on the connection that listens on `socket`.
    async fn join(&self, socket: PathBuf, command: &str) -> Result<Channel, openssh::Error> {
        let session = Arc::new(Session::resume_mux(socket.into_boxed_path(), None));
        let mut command = session.arc_raw_command(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().await?;
        let stdin = child.stdin().take().ok_or(openssh::Error::Disconnected)?;
        let stdout = child.stdout().take().ok_or(openssh::Error::Disconnected)?;
        let stderr = child.stderr().take().ok_or(openssh::Error::Disconnected)?;
        Ok(Channel {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            _owner: Box::new(child),
        })
    }
}

fn unreachable(message: String, hint: &'static str) -> ConnectionError {
    ConnectionError {
        kind: ConnectionErrorKind::Unreachable,
        message: message.into(),
        hint: Some(hint.into()),
    }
}

#[async_trait]
impl Transport for Master {
    async fn start(&self, argv: &[String]) -> Result<Channel, ConnectionError> {
        let words: Vec<_> = argv.iter().map(|word| quote(word)).collect();
        let command = format!("exec {}", words.join(" "));
        let asked = Instant::now();
        loop {
            let socket = self.socket(asked).await?;
            match self.join(socket, &command).await {
                Ok(channel) => return Ok(channel),
                Err(_) if asked.elapsed() < REFUSED => sleep(PAUSE).await,
                Err(error) => {
                    return Err(unreachable(
                        format!("{}: no session was granted: {error}", self.options.host),
                        "sshd there has to allow ten sessions on one connection (`MaxSessions`)",
                    ));
                }
            }
        }
    }

    async fn ended(&self, words: &str) -> ConnectionError {
        // A connection that broke ends the streams a moment before ssh itself.
        let mut state = self.state.lock().await;
        if let Some(running) = state.running.as_mut()
            && timeout(GONE, running.process.wait()).await.is_ok()
        {
            return trouble::explain(&self.options, &running.last_words().await);
        }
        shell_ended(words)
    }

    async fn reset(&self) {
        if let Some(mut running) = self.state.lock().await.running.take() {
            let _ = running.process.kill().await;
            let _ = tokio::fs::remove_file(&running.socket).await;
        }
    }

    async fn close(&self) {
        self.reset().await;
    }
}

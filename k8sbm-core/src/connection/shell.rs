//! A persistent shell that answers scripts in sections.

use super::exchange::Exchange;
use super::frame::Sections;
use super::script::{Outgoing, Section, Step, prologue};
use super::transport::Channel;
use futures::FutureExt as _;
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until};

/// One shell on a host.
pub(crate) struct Shell {
    channel: Channel,
    stdout: Sections,
    stderr: Sections,
    /// What is still to be sent before the first script.
    greeting: Option<String>,
    /// How long the host may take until the first script begins.
    patience: Duration,
    /// The process group on the host, once known.
    group: Arc<OnceLock<String>>,
}

/// How a script ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// What came back of the steps that ended.
    pub sections: Vec<Section>,
    /// Why there are no more, or no shell any more.
    pub end: End,
}

/// Why a script ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All steps ran; the shell can take more.
    Ready,
    /// The steps that ran used the shell up.
    Spent,
    /// The next step took longer than it may.
    Expired(Duration),
    /// A new shell said nothing for this time.
    Silent(Duration),
    /// The shell ended.
    Died {
        /// Whether it had begun with the script.
        begun: bool,
        /// Its last words on standard error.
        words: String,
    },
}

impl Shell {
    /// A shell on `channel`, which nothing has been sent to.
    pub fn new(channel: Channel, patience: Duration) -> Self {
        let marker = format!("={}:", uuid::Uuid::new_v4().simple());
        let name = &uuid::Uuid::new_v4().simple().to_string()[..12];
        // The noise of a login ends at the first marker; then it says its process group.
        let greeting = format!(
            "{}k8e\n{{ read -r _k8v _k8v _k8v _k8v _k8q _k8v; }} 2>/dev/null </proc/$$/stat && printf %s \"$_k8q\"\n",
            prologue(&marker, name)
        );
        Self {
            channel,
            stdout: Sections::new(&marker),
            stderr: Sections::new(&marker),
            greeting: Some(greeting),
            patience,
            group: Arc::default(),
        }
    }

    /// The process group that the shell and its children are in, once known.
    pub fn group(&self) -> Arc<OnceLock<String>> {
        self.group.clone()
    }

    /// Whether nothing came from an idle shell: neither its end, nor words of something it left running.
    pub fn is_quiet(&mut self) -> bool {
        let stdout = self.channel.stdout.read_buf(self.stdout.buffer());
        let stderr = self.channel.stderr.read_buf(self.stderr.buffer());
        stdout.now_or_never().is_none() && stderr.now_or_never().is_none()
    }

    /// Runs the steps one after the other, none longer than it may.
    pub async fn run(&mut self, steps: &[Step]) -> Ran {
        let fresh = self.greeting.is_some();
        let script = self.script(steps);
        let mut output = Outgoing::Bytes(&script);
        let mut exchange = Exchange::new(steps, fresh, self.patience);
        while !exchange.is_complete() {
            tokio::select! {
                read = self.channel.stdout.read_buf(self.stdout.buffer()) => {
                    if !matches!(read, Ok(1..)) {
                        return self.died(exchange).await;
                    }
                    while let Some(found) = self.stdout.next() {
                        if let Some(content) = exchange.on_stdout(found) {
                            output = Outgoing::new(content);
                        }
                        if let Some(group) = exchange.group.take() {
                            self.group.get_or_init(|| group);
                        }
                    }
                }
                read = self.channel.stderr.read_buf(self.stderr.buffer()) => {
                    if !matches!(read, Ok(1..)) {
                        return self.died(exchange).await;
                    }
                    while let Some(found) = self.stderr.next() {
                        exchange.on_stderr(found);
                    }
                }
                wrote = self.channel.stdin.write(output.rest()), if !output.rest().is_empty() => match wrote {
                    Ok(count @ 1..) => {
                        output.advance(count);
                        if output.rest().is_empty() {
                            let _ = self.channel.stdin.flush().await;
                        }
                    }
                    // The streams from it end as well, after its last words.
                    _ => output = Outgoing::Bytes(&[]),
                },
                () = sleep_until(exchange.deadline.unwrap_or_else(Instant::now)), if exchange.deadline.is_some() => {
                    return exchange.expire(self.patience);
                }
            }
        }
        exchange.finish(!output.rest().is_empty())
    }

    /// The text of all steps. It is one compound command, so that the shell has read it to its end
    /// before anything in it runs: what follows on its standard input is content.
    fn script(&mut self, steps: &[Step]) -> Vec<u8> {
        let mut text = self.greeting.take().unwrap_or_default().into_bytes();
        text.extend_from_slice(b"{\nk8e\n");
        for step in steps {
            text.extend_from_slice(&step.text);
            text.extend_from_slice(b"\nk8e\n");
        }
        text.extend_from_slice(b"}\n");
        text
    }

    /// Gathers what the shell said at its end; one stream may end a moment before the other.
    async fn died(&mut self, mut exchange: Exchange<'_>) -> Ran {
        let rest = async {
            while let Ok(1..) = self.channel.stdout.read_buf(self.stdout.buffer()).await {}
            while let Ok(1..) = self.channel.stderr.read_buf(self.stderr.buffer()).await {}
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
        while let Some(found) = self.stdout.next() {
            exchange.on_stdout(found);
        }
        while let Some(found) = self.stderr.next() {
            exchange.on_stderr(found);
        }
        let words = String::from_utf8_lossy(self.stderr.rest());
        exchange.die(words.trim().to_owned())
    }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").field("group", &self.group).finish()
    }
}

//! A directory of this machine that holds another system, entered by chroot(1).

use super::local::LocalTransport;
use super::pool::Shells;
use super::transport::{Channel, Transport};
use super::{Answer, Connection, ConnectionError, Request, RunAs};
use async_trait::async_trait;
use std::path::PathBuf;

/// A connection to the system below a directory. Needs root.
#[derive(Debug)]
pub struct Chroot(Shells<ChrootTransport>);

impl Chroot {
    /// Starts nothing until it is asked something.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self(Shells::new(ChrootTransport {
            local: LocalTransport::default(),
            directory: directory.into(),
        }))
    }
}

#[async_trait]
impl Connection for Chroot {
    async fn send(
        &self,
        user: &RunAs,
        requests: Vec<Request>,
    ) -> Result<Vec<Answer>, ConnectionError> {
        self.0.send(user, requests).await
    }

    async fn reset(&self) {
        self.0.reset().await;
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

#[derive(Debug)]
struct ChrootTransport {
    local: LocalTransport,
    directory: PathBuf,
}

#[async_trait]
impl Transport for ChrootTransport {
    async fn start(&self, argv: &[String]) -> Result<Channel, ConnectionError> {
        let directory = self.directory.to_string_lossy().into_owned();
        let mut entered = vec!["chroot".to_owned(), directory];
        entered.extend_from_slice(argv);
        self.local.start(&entered).await
    }

    async fn ended(&self, words: &str) -> ConnectionError {
        self.local.ended(words).await
    }

    async fn reset(&self) {}

    async fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Command;
    use std::fs;

    #[tokio::test]
    async fn commands_run_in_the_other_system() {
        let base = tempfile::tempdir().unwrap();
        let program = base.path().join("bin/busybox");
        fs::create_dir(base.path().join("bin")).unwrap();
        if fs::copy("/bin/busybox", &program).is_err() {
            return; // The smallest system there is.
        }
        fs::create_dir(base.path().join("dev")).unwrap();
        fs::write(base.path().join("dev/null"), "").unwrap();
        std::os::unix::fs::symlink("busybox", base.path().join("bin/sh")).unwrap();
        let host = Chroot::new(base.path());
        let request = Request::Run(Command::shell("cd /; echo *"));
        match host.send(&RunAs::Connected, vec![request]).await {
            Ok(answers) => {
                let Answer::Output(output) = &answers[0] else {
                    panic!("{answers:?}");
                };
                assert_eq!(output.text(), "bin dev\n", "{output:?}");
            }
            // Only root may enter.
            Err(error) => assert!(error.message.contains("not permitted"), "{error}"),
        }
    }
}

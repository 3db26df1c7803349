//! Shells as another user, through sudo or su.
//!
//! A password travels on standard input alone, and only once the method has asked for it:
//! never in arguments, an environment or a log.

use super::transport::{Channel, Transport};
use super::words;
use super::{ConnectionError, ConnectionErrorKind, RunAs};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// How long sudo or su may take to answer; both wait a few seconds before they refuse.
const PATIENCE: Duration = Duration::from_secs(20);

/// The shell that is started.
const SHELL: &str = "/bin/sh";

/// Starts a shell as `user`. Nothing has been sent to it yet.
pub(crate) async fn open(
    transport: &impl Transport,
    user: &RunAs,
) -> Result<Channel, ConnectionError> {
    let RunAs::Become {
        user,
        method,
        password,
        flags,
    } = user
    else {
        return transport.start(&[SHELL.to_owned()]).await;
    };
    let given = words(flags.as_deref().unwrap_or_default()).map_err(error)?;
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let asking = Asking {
        method,
        prompt: format!("[k8sbm {nonce}] password: "),
        granted: format!("[k8sbm {nonce}] granted\n"),
        password: password.as_deref(),
    };
    match &method[..] {
        "sudo" => {
            let given = given.iter().filter(|flag| *flag != "-n" && *flag != "-S");
            let mut argv = argv(["sudo", "-H", "-u", user]);
            argv.extend(given.cloned());
            if password.is_none() {
                // It never asks, so that a script can be sent at once.
                argv.extend(["-n", "--", SHELL].map(str::to_owned));
                return transport.start(&argv).await;
            }
            argv.extend(["-S", "-p", &asking.prompt, "--", SHELL, "-c"].map(str::to_owned));
            argv.push(asking.entrance());
            asking.enter(transport.start(&argv).await?).await
        }
        "su" => {
            let mut argv = argv(["su"]);
            argv.extend(given);
            argv.extend(["-s", SHELL, "-c"].map(str::to_owned));
            argv.extend([asking.entrance(), user.clone()]);
            asking.enter(transport.start(&argv).await?).await
        }
        other => Err(ConnectionError {
            kind: ConnectionErrorKind::Become,
            message: format!("`{other}` is not a way to become another user").into(),
            hint: Some("`become_method` is `sudo` or `su`".into()),
        }),
    }
}

fn argv<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

/// A method that may ask for a password before it starts the shell.
struct Asking<'a> {
    method: &'a str,
    prompt: String,
    granted: String,
    password: Option<&'a str>,
}

impl Asking<'_> {
    /// What the method runs: it says that it was let in, and becomes the shell.
    fn entrance(&self) -> String {
        format!("echo '{}'; exec {SHELL}", self.granted.trim_end())
    }

    /// Answers the question for the password, if it comes, and waits to be let in.
    async fn enter(&self, mut channel: Channel) -> Result<Channel, ConnectionError> {
        match tokio::time::timeout(PATIENCE, self.talk(&mut channel)).await {
            Ok(Ok(())) => Ok(channel),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(error(format!(
                "{} neither let in nor refused within {} s",
                self.method,
                PATIENCE.as_secs()
            ))),
        }
    }

    async fn talk(&self, channel: &mut Channel) -> Result<(), ConnectionError> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut answered = false;
        loop {
            let read = tokio::select! {
                read = channel.stdout.read_buf(&mut stdout) => read,
                read = channel.stderr.read_buf(&mut stderr) => read,
            };
            if stdout.ends_with(self.granted.as_bytes()) {
                return Ok(());
            }
            if self.asks(&stderr) {
                let Some(password) = self.password else {
                    return Err(missing(self.method));
                };
                if answered {
                    return Err(wrong(self.method));
                }
                answered = true;
                stderr.clear();
                let line = format!("{password}\n");
                let _ = channel.stdin.write_all(line.as_bytes()).await;
                let _ = channel.stdin.flush().await;
            }
            if !matches!(read, Ok(1..)) {
                let rest = channel.stderr.read_to_end(&mut stderr);
                let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
                let words = String::from_utf8_lossy(&stderr);
                return Err(explain(&words)
                    .unwrap_or_else(|| error(format!("{} ended: {}", self.method, words.trim()))));
            }
        }
    }

    /// Whether the method waits for a password: su has a prompt of its own, in the host's language.
    fn asks(&self, stderr: &[u8]) -> bool {
        let text = String::from_utf8_lossy(stderr);
        match self.method {
            "su" => text.trim_end().ends_with([':', '：']) && !text.ends_with('\n'),
            _ => text.contains(&self.prompt),
        }
    }
}

/// What sudo, su or the shell said when there was no way in.
pub(crate) fn explain(words: &str) -> Option<ConnectionError> {
    let has = |text: &str| words.contains(text);
    let line = words
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let line = line.trim_end_matches('.');
    if has("a password is required") || has("no askpass program") {
        return Some(missing("sudo"));
    }
    if has("incorrect password") || has("Authentication failure") || has("Sorry, try again") {
        return Some(wrong(if has("su: ") { "su" } else { "sudo" }));
    }
    for method in ["sudo", "su"] {
        if [
            ": not found",
            ": command not found",
            ": No such file or directory",
        ]
        .iter()
        .any(|end| line.ends_with(&format!("{method}{end}")))
        {
            return Some(ConnectionError {
                hint: Some("install it there, or choose another `become_method`".into()),
                ..error(format!("{method} is not installed on the host"))
            });
        }
    }
    let known = [
        "sudo:",
        "su:",
        "sudoers",
        "is not allowed to",
        "may not run sudo",
        "account",
    ];
    let line = words
        .lines()
        .map(str::trim)
        .find(|line| known.iter().any(|text| line.contains(text)))?;
    let tty = has("have a tty") || has("from a terminal");
    Some(ConnectionError {
        hint: tty.then(|| "remove `requiretty` from the host's sudoers".into()),
        ..error(line.trim_end_matches('.'))
    })
}

fn error(message: impl Into<String>) -> ConnectionError {
    ConnectionError {
        kind: ConnectionErrorKind::Become,
        message: message.into().into(),
        hint: None,
    }
}

fn missing(method: &str) -> ConnectionError {
    ConnectionError {
        hint: Some("give it with -K (--ask-become-pass) or `ansible_become_password`".into()),
        ..error(format!("{method} asks for a password, and none was given"))
    }
}

fn wrong(method: &str) -> ConnectionError {
    ConnectionError {
        hint: Some("check `ansible_become_password`, or what was typed for -K".into()),
        ..error(format!("{method} refused the password"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        let said = |words: &str| {
            let error = explain(words)?;
            Some(format!(
                "{}\n{}",
                error.message,
                error.hint.unwrap_or_default()
            ))
        };
        insta::assert_snapshot!(said("sudo: a password is required\n").unwrap(), @r"
        sudo asks for a password, and none was given
        give it with -K (--ask-become-pass) or `ansible_become_password`
        ");
        insta::assert_snapshot!(said("bash: line 1: exec: sudo: not found\n").unwrap(), @r"
        sudo is not installed on the host
        install it there, or choose another `become_method`
        ");
        insta::assert_snapshot!(said("Sorry, user x is not allowed to execute '/bin/sh' as root on h1.\n").unwrap(), @"Sorry, user x is not allowed to execute '/bin/sh' as root on h1");
        assert_eq!(said("Connection to h1 closed by remote host."), None);
    }
}

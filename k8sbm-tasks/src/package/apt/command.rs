//! apt-get: how it is called, and how long it waits for others who hold its lock.

use k8sbm_core::{
    host::{Command, Host, Output, Program},
    task::{Error, Probe, Result},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What programs say when somebody else holds a lock of apt or dpkg.
const LOCKED: [&str; 4] = [
    "Could not get lock",
    "Unable to acquire the dpkg frontend lock",
    "Unable to lock",
    "dpkg frontend lock was locked by another process",
];

/// Makes scripts of packages start services only as the host's administrator says, as long as `$@` runs.
const POLICY: &str = r#"
policy=/usr/sbin/policy-rc.d
restore() { rm -f "$policy"; [ ! -e "$policy.k8sbm" ] || mv "$policy.k8sbm" "$policy"; }
[ ! -e "$policy" ] || mv "$policy" "$policy.k8sbm"
trap restore EXIT
printf '#!/bin/sh\nexit %s\n' "$code" >"$policy"
chmod 755 "$policy"
"#;

/// apt-get with the options of a task.
#[derive(Clone, Debug, Default)]
pub(in crate::package) struct AptGet {
    /// Options that come before the operation.
    pub(in crate::package) options: Vec<String>,
    /// How long to wait for a lock.
    pub(in crate::package) lock_timeout: Duration,
    /// What `policy-rc.d` answers meanwhile.
    pub(in crate::package) policy_rc_d: Option<i32>,
}

impl AptGet {
    /// An option of apt-get's configuration.
    pub(in crate::package) fn set(&mut self, option: impl Into<String>) {
        self.options.extend(["-o".into(), option.into()]);
    }

    fn command(&self, words: &[String], simulate: bool) -> Command {
        let mut argv = vec!["apt-get".to_owned(), "-y".into()];
        if simulate {
            argv.push("--simulate".into());
        }
        argv.extend(self.options.iter().chain(words).cloned());
        quiet(Command::new(argv))
    }

    /// The line a person would type, for summaries.
    pub(in crate::package) fn line(&self, words: &[String]) -> String {
        let argv = ["apt-get".to_owned()]
            .into_iter()
            .chain(words.iter().cloned());
        Command::new(argv).line()
    }

    /// Asks what it would do, which takes apt-get seconds on a small host.
    pub(in crate::package) async fn simulate(
        &self,
        host: &Probe,
        words: &[String],
    ) -> Result<Arc<Output>> {
        host.query_slowly(self.command(words, true)).await
    }

    /// Does it, after whoever holds the lock is done.
    pub(in crate::package) async fn run(&self, host: &Host, words: &[String]) -> Result<Output> {
        let mut command = self.command(words, false);
        if let Some(code) = self.policy_rc_d {
            command.program = Program::Shell {
                script: format!("code={code}{POLICY}{}", command.line()),
                executable: None,
            };
        }
        wait_for_lock(host, command, self.lock_timeout).await
    }
}

/// Nothing that apt starts may ask a question, and everything speaks English.
pub(in crate::package) fn quiet(command: Command) -> Command {
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("DEBIAN_PRIORITY", "critical")
        .env("NEEDRESTART_SUSPEND", "1")
        .env("LC_ALL", "C.UTF-8")
}

async fn wait_for_lock(host: &Host, command: Command, limit: Duration) -> Result<Output> {
    let began = Instant::now();
    loop {
        let output = host.run(command.clone()).await?;
        let stderr = output.error_text();
        let locked = !output.success() && LOCKED.iter().any(|it| stderr.contains(it));
        if !locked || began.elapsed() >= limit {
            return Ok(output);
        }
        host.wait(Duration::from_secs(1)).await;
    }
}

/// The failure of apt-get, with what `register` shall see of it.
pub(in crate::package) fn failure(line: &str, output: &Output) -> Error {
    let (stdout, stderr) = (output.text(), output.error_text());
    let message = format!("'{line}' failed: {}", stderr.trim());
    let error = Error::failed(message)
        .returning("rc", output.status)
        .returning("stdout", stdout.trim_end())
        .returning("stderr", stderr.trim_end());
    if LOCKED.iter().any(|it| stderr.contains(it)) {
        return error
            .hint("another process installs packages; `lock_timeout` says how long to wait");
    }
    if stderr.contains("Permission denied") || stderr.contains("are you root") {
        return error.hint("only root may do this: say `become: true`");
    }
    error
}

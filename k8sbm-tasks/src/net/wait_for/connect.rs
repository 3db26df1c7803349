//! Trying a port from the host, with what it has: bash, nc or curl.

use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Result},
};
use std::time::Duration;

/// What the script says when the host has nothing to try a port with.
const NOTHING: i32 = 200;

/// bash comes first: it is nearly everywhere, and tells a refusal from a silence. `$READ` is how often to read.
const SCRIPT: &str = r#"
has() { command -v "$1" >/dev/null 2>&1; }
if has bash && has timeout; then
  exec timeout "$LIMIT" bash -c '
    exec 3<>"/dev/tcp/$HOST/$PORT" || exit 1
    case $READ in once) exec dd bs=4096 count=1 <&3;; on) exec cat <&3;; esac'
elif has nc; then
  case $READ in no) exec nc -z -w "$LIMIT" "$HOST" "$PORT";; *) exec nc -w "$LIMIT" "$HOST" "$PORT";; esac
elif has curl; then
  case $HOST in *:*) HOST="[$HOST]";; esac
  set -- --silent --no-buffer --connect-timeout "$LIMIT" --max-time "$LIMIT" "telnet://$HOST:$PORT"
  [ "$READ" = no ] || exec curl "$@"
  case $(curl "$@" --output /dev/null --write-out '%{time_connect}') in *[1-9]*) exit 0;; *) exit 1;; esac
fi
exit 200"#;

/// Whether to read what the other side says first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// Only connect.
    No,
    /// What comes at once.
    Once,
    /// All that comes until the limit.
    On,
}

/// Tries to connect: nothing where that fails, else what was read.
pub(super) async fn connect(
    host: &Host,
    to: (&str, u16),
    limit: Duration,
    reading: Reading,
) -> Result<Option<Vec<u8>>> {
    let read = match reading {
        Reading::No => "no",
        Reading::Once => "once",
        Reading::On => "on",
    };
    let command = Command::shell(SCRIPT)
        .env("HOST", to.0)
        .env("PORT", to.1.to_string())
        .env("LIMIT", limit.as_secs().max(1).to_string())
        .env("READ", read);
    let output = host.run(command).await?;
    match output.status {
        NOTHING => Err(
            Error::failed("the host has neither bash, nc nor curl to try a port with")
                .hint("install one of these packages: bash, netcat-openbsd, curl"),
        ),
        _ if reading != Reading::No => Ok(Some(output.stdout)),
        0 => Ok(Some(Vec::new())),
        _ => Ok(None),
    }
}

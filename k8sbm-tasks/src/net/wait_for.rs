//! `wait_for`: waits for a port, a file, or a time.

mod connect;
mod search;
mod tcp_table;
mod waiting;

use self::search::{nothing, pattern};
use fancy_regex::Regex;
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;

/// Waits until a port answers or falls silent, a file is there or gone, or a time has passed.
///
/// The host itself looks, so that its own view of the network counts. What is true already costs no waiting.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitFor {
    /// The name or address of who has the port, as the host knows it.
    #[serde(default = "loopback")]
    host: String,
    /// A TCP port. Excludes `path`.
    port: Option<u16>,
    /// A path on the host. Symbolic links are followed. Excludes `port`.
    path: Option<String>,
    /// What to wait for: `started` and `present` that the port answers or the file is there, `stopped` and `absent` that
    /// it does not or is not, `drained` that nobody is connected to the port of the host itself any more.
    #[serde(default)]
    state: State,
    /// A regular expression to wait for in the file, or in what the port says first. `^` and `$` match at lines.
    search_regex: Option<String>,
    /// Seconds to wait in all before the task fails. Without a port or path it is the time to wait.
    #[serde(default = "five_minutes")]
    timeout: u64,
    /// Seconds to wait before the first look.
    #[serde(default)]
    delay: u64,
    /// Seconds between two looks.
    #[serde(default = "one")]
    sleep: u64,
    /// Seconds to wait for one connection.
    #[serde(default = "five")]
    connect_timeout: u64,
    /// The states in which a connection counts for `drained`.
    #[serde(default = "active")]
    active_connection_states: Vec<Active>,
    /// Whose connections do not count for `drained`: names or addresses.
    #[serde(default)]
    exclude_hosts: Vec<String>,
    /// What to say when time is up.
    msg: Option<String>,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The port answers, or the file is there.
    #[default]
    Started,
    /// The same.
    Present,
    /// The port does not answer.
    Stopped,
    /// The file is not there.
    Absent,
    /// Nobody is connected.
    Drained,
}

/// A state of a connection, by the kernel's number.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Active {
    Established = 1,
    SynSent = 2,
    SynRecv = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
}

fn loopback() -> String {
    "127.0.0.1".into()
}

fn five_minutes() -> u64 {
    300
}

fn one() -> u64 {
    1
}

fn five() -> u64 {
    5
}

fn active() -> Vec<Active> {
    use Active::*;
    vec![Established, FinWait1, FinWait2, SynRecv, SynSent, TimeWait]
}

impl WaitFor {
    fn starts(&self) -> bool {
        matches!(self.state, State::Started | State::Present)
    }

    fn pattern(&self) -> Result<Option<Regex>> {
        self.search_regex.as_deref().map(pattern).transpose()
    }

    /// What is waited for, in words.
    fn what(&self) -> String {
        let state = match self.state {
            State::Stopped => " to stop",
            State::Absent => " to be absent",
            State::Drained => " to drain",
            State::Started | State::Present => "",
        };
        let search = self.search_regex.as_ref().filter(|_| self.starts());
        let search = search
            .map(|regex| format!("search string {regex} in "))
            .unwrap_or_default();
        match (&self.path, self.port) {
            (Some(path), _) if search.is_empty() && self.starts() => format!("file {path}"),
            (Some(path), _) => format!("{search}{path}{state}"),
            (None, Some(port)) => format!("{search}{}:{port}{state}", self.host),
            (None, None) => format!("{} s", self.timeout),
        }
    }

    /// What is returned once it is so.
    fn done(&self, found: Returns, elapsed: u64) -> Returns {
        let state = match self.state {
            State::Started => "started",
            State::Present => "present",
            State::Stopped => "stopped",
            State::Absent => "absent",
            State::Drained => "drained",
        };
        let told: [(&str, Json); 5] = [
            ("state", state.into()),
            ("port", self.port.into()),
            ("path", self.path.clone().into()),
            ("search_regex", self.search_regex.clone().into()),
            ("elapsed", elapsed.into()),
        ];
        let told = told
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        told.chain(found).collect()
    }
}

impl Task for WaitFor {
    const NAME: &'static str = "wait_for";

    fn validate(&self) -> Result<()> {
        let refused = |message: &str| Err(Error::arguments(message));
        match (&self.path, self.port, self.state) {
            (Some(_), Some(_), _) => refused("`port` and `path` are mutually exclusive"),
            (Some(_), _, State::Stopped | State::Drained) => {
                refused("`state: stopped` and `state: drained` need a `port`, not a `path`")
            }
            (_, None, State::Drained) => refused("`state: drained` needs a `port`"),
            _ if !self.exclude_hosts.is_empty() && self.state != State::Drained => {
                refused("`exclude_hosts` needs `state: drained`")
            }
            _ => self.pattern().map(drop),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        if self.path.is_none() && self.port.is_none() {
            let (this, time) = (self.clone(), Duration::from_secs(self.delay + self.timeout));
            plan.observe(
                format!("wait {} s", time.as_secs()),
                move |host| async move {
                    host.wait(time).await;
                    Ok(this.done(nothing(), time.as_secs()))
                },
            );
            return Ok(plan);
        }
        if self.delay == 0
            && let Some(found) = self.seen(host).await?
        {
            plan.returns.extend(self.done(found, 0));
            return Ok(plan);
        }
        let this = self.clone();
        plan.observe(format!("wait for {}", self.what()), |host| this.wait(host));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Wait for the API server behind its virtual IP",
                yaml: "wait_for:\n  host: \"{{ api_vip }}\"\n  port: 6443\n  timeout: 120\n",
            },
            Example {
                title: "Wait until a load balancer has let all connections go",
                yaml: "wait_for:\n  host: 0.0.0.0\n  port: 6443\n  state: drained\n  exclude_hosts: [10.0.0.5]\n",
            },
            Example {
                title: "Wait for containerd's socket",
                yaml: "wait_for:\n  path: /run/containerd/containerd.sock\n",
            },
            Example {
                title: "Wait until etcd says in its log that it is ready",
                yaml: "wait_for:\n  path: /var/log/etcd.log\n  search_regex: ready to serve client requests\n",
            },
            Example {
                title: "Wait for sshd rather than for anybody at its port",
                yaml: "wait_for:\n  host: \"{{ ansible_host }}\"\n  port: 22\n  search_regex: OpenSSH\n  delay: 10\ndelegate_to: localhost\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("elapsed", "How many seconds it took."),
            ("match_groups", "What the groups of `search_regex` matched."),
            ("match_groupdict", "What its named groups matched, by name."),
            ("state", "What was waited for."),
            ("port", "The port."),
            ("path", "The path."),
            ("search_regex", "The regular expression."),
        ]
    }
}

#[cfg(test)]
mod tests;

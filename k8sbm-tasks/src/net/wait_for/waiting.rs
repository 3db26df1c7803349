//! Looking and trying until it is so.

use super::{
    State, WaitFor,
    connect::{Reading, connect},
    search::{nothing, search},
    tcp_table::TcpTable,
};
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Probe, Result, Returns},
};
use std::{net::IpAddr, time::Duration};
use tokio::time::Instant;

impl WaitFor {
    /// What was found, if a look suffices to know that it is so.
    pub(super) async fn seen(&self, host: &Probe) -> Result<Option<Returns>> {
        match (&self.path, self.port) {
            (Some(path), _) => self.seen_file(host, path).await,
            (None, Some(port)) if self.starts() && self.search_regex.is_none() => {
                let there = TcpTable::look(host).await?.listens(&self.host, port);
                Ok(there.then(nothing))
            }
            _ => Ok(None),
        }
    }

    async fn seen_file(&self, host: &Probe, path: &str) -> Result<Option<Returns>> {
        let there = host.stat_follow(path).await?;
        if !self.starts() {
            return Ok(there.is_none().then(nothing));
        }
        let (Some(_), Some(pattern)) = (&there, self.pattern()?) else {
            return Ok(there.map(|_| nothing()));
        };
        let content = host.read(path).await?;
        Ok(content.and_then(|content| search(&pattern, &content)))
    }

    /// What was found, if an attempt shows that it is so.
    async fn tried(&self, host: &Host, first: bool, left: Duration) -> Result<Option<Returns>> {
        let Some(port) = self.port else {
            return Ok(None);
        };
        if self.state == State::Drained {
            return self.drained(host, port).await;
        }
        let limit = Duration::from_secs(self.connect_timeout).min(left);
        let (pattern, to) = (self.pattern()?, (self.host.as_str(), port));
        let Some(pattern) = pattern.filter(|_| self.starts()) else {
            let open = connect(host, to, limit, Reading::No).await?.is_some();
            return Ok((open == self.starts()).then(nothing));
        };
        // What is said first is there at once as a rule; only who says more must be heard to the end.
        let reading = if first { Reading::Once } else { Reading::On };
        let said = connect(host, to, limit, reading).await?;
        Ok(said.and_then(|said| search(&pattern, &said)))
    }

    async fn drained(&self, host: &Host, port: u16) -> Result<Option<Returns>> {
        let hosts = addresses(host, &self.host).await?;
        let mut except = Vec::new();
        for name in &self.exclude_hosts {
            except.extend(addresses(host, name).await?);
        }
        let states: Vec<u8> = self
            .active_connection_states
            .iter()
            .map(|state| *state as u8)
            .collect();
        let table = TcpTable::look(host.probe()).await?;
        Ok((table.active(&hosts, port, &states, &except) == 0).then(nothing))
    }

    pub(super) async fn wait(self, host: Host) -> Result<Returns> {
        let start = Instant::now();
        let end = start + Duration::from_secs(self.timeout);
        host.wait(Duration::from_secs(self.delay)).await;
        let mut first = true;
        loop {
            let found = match self.seen(host.probe()).await? {
                Some(found) => Some(found),
                None => {
                    self.tried(&host, first, end.saturating_duration_since(Instant::now()))
                        .await?
                }
            };
            let elapsed = start.elapsed().as_secs();
            if let Some(found) = found {
                return Ok(self.done(found, elapsed));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = format!("Timeout when waiting for {}", self.what());
                return Err(Error::failed(self.msg.clone().unwrap_or(message))
                    .returning("elapsed", elapsed));
            }
            first = false;
            host.wait(Duration::from_secs(self.sleep).min(left)).await;
        }
    }
}

/// The addresses of a name, as the host knows them.
async fn addresses(host: &Host, name: &str) -> Result<Vec<IpAddr>> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let output = host.run(Command::new(["getent", "ahosts", name])).await?;
    let text = output.text();
    let found = text
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let found: Vec<IpAddr> = found.collect();
    if found.is_empty() {
        return Err(Error::failed(format!(
            "the host knows no address of `{name}`"
        )));
    }
    Ok(found)
}

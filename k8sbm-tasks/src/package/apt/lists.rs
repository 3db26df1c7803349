//! The package lists of a host: how old they are, and bringing them up to date.

use super::command::{AptGet, failure};
use jiff::Timestamp;
use k8sbm_core::{
    host::{Command, Host},
    task::{Probe, Result},
};
use std::time::Duration;

/// Touched by whoever updates the lists, since apt-get itself leaves no trace when nothing was new.
const STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";
const LISTS: &str = "/var/lib/apt/lists";
const SOURCES: [&str; 2] = ["/etc/apt/sources.list", "/etc/apt/sources.list.d"];

/// The package lists of a host.
pub(super) struct Lists {
    /// When they were last updated, in seconds since the epoch; 0 where there are none.
    pub(super) updated: i64,
    /// Whether the repositories were changed since.
    outdated: bool,
}

impl Lists {
    /// Looks at a host.
    pub(super) async fn of(host: &Probe) -> Result<Self> {
        let (stamp, lists, names, sources, parts) = tokio::join!(
            host.stat_follow(STAMP),
            host.stat_follow(LISTS),
            host.list(LISTS),
            host.stat_follow(SOURCES[0]),
            host.stat_follow(SOURCES[1]),
        );
        let time = |stat: Option<std::sync::Arc<k8sbm_core::host::Stat>>| {
            stat.map_or(0, |it| it.mtime as i64)
        };
        let filled = names?.is_some_and(|names| names.iter().any(|it| it.contains("_dists_")));
        let (stamp, lists) = (time(stamp?), time(lists?));
        let updated = if filled { stamp.max(lists) } else { 0 };
        Ok(Self {
            updated,
            outdated: time(sources?).max(time(parts?)) > updated,
        })
    }

    /// Whether they are older than `valid` seconds, or than their sources.
    pub(super) async fn are_due(&self, host: &Probe, valid: u32) -> Result<bool> {
        if valid == 0 || self.outdated || self.updated == 0 {
            return Ok(true);
        }
        // The host's clock wrote the times, so it is the host's clock that tells their age.
        let now = host.query(["date", "+%s"]).await?.text();
        let now = now.trim().parse().unwrap_or(i64::MAX);
        Ok(self.updated + i64::from(valid) < now)
    }

    /// When they were last updated, to be read.
    pub(super) fn age(&self) -> String {
        match Timestamp::from_second(self.updated) {
            Ok(time) if self.updated > 0 => format!("updated: {time}\n"),
            _ => "updated: never\n".into(),
        }
    }
}

/// Updates the lists; tries again, later each time, when a repository does not answer.
pub(in crate::package) async fn update(
    host: &Host,
    apt: &AptGet,
    retries: u32,
    longest: Duration,
) -> Result<()> {
    let mut apt = apt.clone();
    apt.policy_rc_d = None;
    // Without this a repository that does not answer is a warning, and old lists are used.
    apt.set("APT::Update::Error-Mode=any");
    let words = ["update".to_owned()];
    let mut pause = Duration::from_secs(1);
    for attempt in 1.. {
        let output = apt.run(host, &words).await?;
        if output.success() {
            break;
        }
        if attempt >= retries.max(1) {
            let error = failure(&apt.line(&words), &output);
            return Err(error.context(format!(
                "Failed to update apt cache after {attempt} retries"
            )));
        }
        host.wait(pause.min(longest)).await;
        pause *= 2;
    }
    host.check(Command::shell(format!(
        "mkdir -p /var/lib/apt/periodic && touch {STAMP}"
    )))
    .await?;
    Ok(())
}

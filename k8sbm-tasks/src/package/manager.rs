//! Which package manager a host has.

use k8sbm_core::task::{Probe, Result};

/// A package manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    /// Debian's and Ubuntu's.
    Apt,
    /// That of the RHEL family, by dnf or by yum.
    Dnf,
    /// Another, by its name; empty where none is known.
    Other(String),
}

/// Programs by which a package manager is known, where no fact names it.
const PROGRAMS: [(&str, &str); 7] = [
    ("apt", "/usr/bin/apt-get"),
    ("dnf", "/usr/bin/dnf"),
    ("dnf5", "/usr/bin/dnf5"),
    ("yum", "/usr/bin/yum"),
    ("zypper", "/usr/bin/zypper"),
    ("pacman", "/usr/bin/pacman"),
    ("apk", "/sbin/apk"),
];

impl Manager {
    /// The one that is called so.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "apt" => Self::Apt,
            "dnf" | "dnf4" | "dnf5" | "yum" | "yum4" => Self::Dnf,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The one that a host has, by its facts or by its programs.
    pub(super) async fn of(host: &Probe) -> Result<Self> {
        let fact = host.fact("pkg_mgr").await?;
        if !fact.is_empty() && fact != "unknown" {
            return Ok(Self::named(&fact));
        }
        let looks = PROGRAMS.iter().map(|(_, program)| host.exists(program));
        let there = futures::future::try_join_all(looks).await?;
        let found = PROGRAMS.iter().zip(there).find(|(_, there)| *there);
        Ok(Self::named(found.map_or("", |((name, _), _)| name)))
    }
}

//! The packages that dpkg knows on a host.

use super::wanted::Wanted;
use crate::glob::Glob;
use k8sbm_core::task::{Error, Probe, Result};
use schemars::JsonSchema;
use serde::Deserialize;

/// The one question for all packages: every task asks it in the same words, so that a host answers once.
pub(super) const QUERY: [&str; 3] = [
    "dpkg-query",
    "-W",
    "-f=${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Abbrev}\\t${source:Package}\\t${Section}\\t${Provides}\\n",
];

/// A package that dpkg knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Package {
    /// Its name.
    pub(super) name: String,
    /// Its architecture; `all` where it has none.
    pub(super) architecture: String,
    /// Its version.
    pub(super) version: String,
    /// The source package it was built from.
    pub(super) source: String,
    /// The section of the archive.
    pub(super) section: String,
    /// The virtual packages it provides.
    pub(super) provides: Vec<String>,
    /// How far it is installed.
    pub(super) state: State,
    /// What shall become of it.
    pub(super) selection: Selection,
}

/// How far a package is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Installed and configured.
    Installed,
    /// Unpacked or configured in part.
    Broken,
    /// Removed, but for its configuration.
    #[default]
    Removed,
}

/// What shall become of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Selection {
    /// It is installed, and upgraded with the others.
    #[default]
    Install,
    /// It stays in its version.
    Hold,
    /// It is to be removed.
    Deinstall,
    /// It is to be removed with its configuration.
    Purge,
}

impl Selection {
    /// dpkg's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Hold => "hold",
            Self::Deinstall => "deinstall",
            Self::Purge => "purge",
        }
    }
}

/// The packages of a host.
#[derive(Debug)]
pub(super) struct Packages(Vec<Package>);

impl Packages {
    /// Asks a host.
    pub(super) async fn of(host: &Probe) -> Result<Self> {
        let output = host.query(QUERY).await?;
        if output.status == 127 {
            return Err(Error::failed("the host has no dpkg")
                .hint("apt is for Debian and its descendants; `package` takes what the host has"));
        }
        // Where no package is known at all it exits with 1 and says so; that is an answer.
        Ok(Self(output.text().lines().filter_map(package).collect()))
    }

    /// All that are installed, in dpkg's order.
    pub(super) fn installed(&self) -> impl Iterator<Item = &Package> {
        self.0.iter().filter(|it| it.state == State::Installed)
    }

    /// The installed package of a name, or the only one that provides it.
    pub(super) fn satisfying(&self, wanted: &Wanted) -> Option<&Package> {
        let named = self.installed().find(|it| wanted.names(it));
        let provided = || {
            self.installed()
                .find(|it| it.provides.contains(&wanted.name))
        };
        named.or_else(provided)
    }

    /// What is selected for a package that is or was installed.
    pub(super) fn selection(&self, name: &str) -> Option<Selection> {
        let wanted = Wanted::parse(name);
        let named = self.0.iter().find(|it| wanted.names(it));
        named.map(|it| it.selection)
    }

    /// What a removal of this name would find, with its rest of configuration where that counts.
    pub(super) fn removable(&self, wanted: &Wanted, purge: bool) -> Vec<String> {
        let there = |it: &&Package| it.state != State::Removed || purge;
        if !Glob::is_pattern(&wanted.name) {
            let found = self.0.iter().filter(there).any(|it| wanted.names(it));
            return found.then(|| wanted.name.clone()).into_iter().collect();
        }
        let glob = Glob::new(&wanted.name);
        let matching = self
            .0
            .iter()
            .filter(there)
            .filter(|it| glob.matches(&it.name));
        matching.map(|it| it.name.clone()).collect()
    }
}

fn package(line: &str) -> Option<Package> {
    let mut fields = line.split('\t');
    let mut next = || fields.next().map(str::to_owned);
    let (name, architecture, version) = (next()?, next()?, next()?);
    let status = next()?;
    let (source, section) = (next()?, next()?);
    let provides = next().unwrap_or_default();
    let provided = |it: &str| it.split_whitespace().next().unwrap_or_default().to_owned();
    Some(Package {
        name,
        architecture,
        version,
        source,
        section,
        provides: provides
            .split(", ")
            .map(provided)
            .filter(|it| !it.is_empty())
            .collect(),
        state: match status.as_bytes().get(1)? {
            b'i' => State::Installed,
            b'c' => State::Removed,
            b'n' => return None,
            _ => State::Broken,
        },
        selection: match status.as_bytes().first()? {
            b'h' => Selection::Hold,
            b'r' => Selection::Deinstall,
            b'p' => Selection::Purge,
            _ => Selection::Install,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Packages {
        let text = "curl\tamd64\t7.88.1-10\tii \tcurl\tweb\t\n\
            exim4\tall\t4.96\trc \texim4\tmail\t\n\
            gone\tall\t\tun \tgone\t\t\n\
            mawk\tamd64\t1.3.4\tii \tmawk\tutils\tawk, foo (= 2)\n";
        Packages(text.lines().filter_map(package).collect())
    }

    #[test]
    fn what_is_installed_is_told_from_what_is_left() {
        let known = known();
        let names: Vec<_> = known.installed().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["curl", "mawk"]);
        assert_eq!(
            known.satisfying(&Wanted::parse("awk")).unwrap().name,
            "mawk"
        );
        assert_eq!(
            known
                .satisfying(&Wanted::parse("curl:amd64"))
                .unwrap()
                .version,
            "7.88.1-10"
        );
        assert!(known.satisfying(&Wanted::parse("curl:arm64")).is_none());
        assert!(known.satisfying(&Wanted::parse("exim4")).is_none());
    }

    #[test]
    fn only_purging_finds_configuration() {
        let exim = Wanted::parse("exim4");
        assert!(known().removable(&exim, false).is_empty());
        assert_eq!(known().removable(&exim, true), ["exim4"]);
        assert_eq!(known().removable(&Wanted::parse("*u*l"), false), ["curl"]);
    }
}

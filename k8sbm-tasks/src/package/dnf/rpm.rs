//! The packages that rpm knows on a host.

use crate::{glob::Glob, package::version};
use k8sbm_core::{
    host::Command,
    task::{Probe, Result},
};
use std::collections::BTreeSet;

const FORMAT: &str = "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";

/// A package that rpm knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    epoch: String,
    version: String,
    release: String,
    arch: String,
}

impl Package {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut next = || fields.next();
        Some(Self {
            name: next()?,
            epoch: next()?,
            version: next()?,
            release: next()?,
            arch: next()?,
        })
    }

    /// The ways in which it may be named, beside its name alone.
    fn names(&self) -> [String; 8] {
        let Self {
            name,
            epoch,
            version,
            release,
            arch,
        } = self;
        [
            name.clone(),
            format!("{name}.{arch}"),
            format!("{name}-{version}"),
            format!("{name}-{version}-{release}"),
            format!("{name}-{version}-{release}.{arch}"),
            format!("{name}-{epoch}:{version}"),
            format!("{name}-{epoch}:{version}-{release}"),
            format!("{name}-{epoch}:{version}-{release}.{arch}"),
        ]
    }

    fn is_called(&self, name: &str) -> bool {
        let glob = Glob::is_pattern(name).then(|| Glob::new(name));
        self.names().iter().any(|it| match &glob {
            Some(glob) => glob.matches(it),
            None => it == name,
        })
    }

    fn full(&self) -> String {
        let [.., full, _, _, _] = self.names();
        full
    }
}

/// The packages of a host.
#[derive(Debug)]
pub(super) struct Installed {
    packages: Vec<Package>,
    root: String,
}

fn rpm<'a>(root: &'a str, words: &[&'a str]) -> Command {
    let root = (root != "/").then_some(["--root", root]);
    let start = ["rpm"].into_iter().chain(root.into_iter().flatten());
    Command::new(start.chain(words.iter().copied()))
}

impl Installed {
    /// Asks a host. Every task asks in the same words, so that a host answers once.
    pub(super) async fn of(host: &Probe, root: &str) -> Result<Self> {
        let query = format!("--qf={FORMAT}");
        let output = host.query_command(rpm(root, &["-qa", &query])).await?;
        Ok(Self {
            packages: output.text().lines().filter_map(Package::read).collect(),
            root: root.to_owned(),
        })
    }

    /// The packages that a name means.
    pub(super) fn matching(&self, name: &str) -> Vec<String> {
        let found = self.packages.iter().filter(|it| it.is_called(name));
        found.map(Package::full).collect()
    }

    /// Whether an installed package is what a name asks for, which may say a least version: `curl >= 7.76`.
    pub(super) fn satisfies(&self, name: &str) -> bool {
        let Some((name, least)) = name.split_once(">=") else {
            return self.packages.iter().any(|it| it.is_called(name));
        };
        let found = self.packages.iter().filter(|it| it.name == name.trim());
        found
            .into_iter()
            .any(|it| version::compare(&it.version, least.trim()).is_ge())
    }

    /// Whether a newer version is installed than the one that a name says.
    pub(super) fn has_newer_than(&self, name: &str) -> bool {
        self.packages.iter().any(|it| {
            let asked = name
                .strip_prefix(&it.name)
                .and_then(|it| it.strip_prefix('-'));
            let asked = asked.filter(|it| it.starts_with(|it: char| it.is_ascii_digit()));
            asked.is_some_and(|asked| {
                let asked = asked.trim_end_matches(&format!(".{}", it.arch));
                let (number, release) = asked.split_once('-').unwrap_or((asked, &it.release));
                let order = version::compare(&it.version, number);
                order.then(version::compare(&it.release, release)).is_gt()
            })
        })
    }

    /// Whether something installed provides what a name says, such as a file.
    pub(super) async fn provides(&self, host: &Probe, name: &str) -> Result<bool> {
        if Glob::is_pattern(name) {
            return Ok(false);
        }
        let asked = rpm(&self.root, &["-q", "--whatprovides", name]);
        Ok(host.query_command(asked).await?.success())
    }

    /// Whether the package of a file is installed; that of a URL is known by its name.
    pub(super) async fn has_file(&self, host: &Probe, file: &str) -> Result<bool> {
        if file.contains("://") {
            let name = file.rsplit('/').next().unwrap_or_default();
            return Ok(self.satisfies(name.trim_end_matches(".rpm")));
        }
        let query = format!("--qf={FORMAT}");
        let asked = rpm("/", &["-qp", "--nosignature", &query, file]);
        let output = host.query_command(asked).await?;
        let text = output.text();
        let package = text.lines().find_map(Package::read);
        Ok(package.is_some_and(|it| self.packages.contains(&it)))
    }
}

/// The names in a list that dnf prints: `name.arch  version  repository`.
pub(super) fn updates(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("Obsoleting"));
    let names = lines.filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [name, _, _] if name.contains('.') && !line.starts_with(' ') => Some(name.to_owned()),
            _ => None,
        }
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What came and went, in Ansible's words.
pub(super) fn results(before: &Installed, after: &Installed) -> Vec<String> {
    let full = |it: &Installed| {
        it.packages
            .iter()
            .map(Package::full)
            .collect::<BTreeSet<_>>()
    };
    let (before, after) = (full(before), full(after));
    let came = after
        .difference(&before)
        .map(|it| format!("Installed: {it}"));
    let went = before.difference(&after).map(|it| format!("Removed: {it}"));
    came.chain(went).collect()
}

//! A package as a task names it: `nginx`, `nginx=1.22*`, `nginx>=1.22`, `libc6:arm64`.

use super::{dpkg::Package, version};
use crate::glob::Glob;

/// A package as a task names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its name, with `:architecture` where that was said.
    pub(super) name: String,
    /// What its version must be.
    pub(super) version: Version,
}

/// What a version must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Any will do.
    Any,
    /// This one, or one that matches this pattern.
    Is(String),
    /// This one or a newer one.
    AtLeast(String),
}

impl Wanted {
    /// Reads a name with an optional version.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let version = |text: &str| text.trim().to_owned();
        let (name, version) = match text.find('=') {
            Some(at) if text[..at].ends_with('>') => {
                (&text[..at - 1], Version::AtLeast(version(&text[at + 1..])))
            }
            Some(at) => (&text[..at], Version::Is(version(&text[at + 1..]))),
            None => (text, Version::Any),
        };
        Self {
            name: name.trim().to_owned(),
            version,
        }
    }

    /// Whether an installed version will do.
    pub(super) fn accepts(&self, installed: &str) -> bool {
        match &self.version {
            Version::Any => true,
            Version::Is(wanted) => wanted == installed || Glob::new(wanted).matches(installed),
            Version::AtLeast(wanted) => version::compare(installed, wanted).is_ge(),
        }
    }

    /// Whether a package goes by this name.
    pub(super) fn names(&self, package: &Package) -> bool {
        match self.name.split_once(':') {
            Some((name, architecture)) => {
                name == package.name
                    && [package.architecture.as_str(), "any"].contains(&architecture)
            }
            None => self.name == package.name,
        }
    }

    /// As apt-get takes it; a least version is checked apart.
    pub(super) fn argument(&self) -> String {
        match &self.version {
            Version::Is(version) => format!("{}={version}", self.name),
            _ => self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_say_a_version() {
        let parsed = |text: &str| {
            let wanted = Wanted::parse(text);
            (wanted.name, wanted.version)
        };
        assert_eq!(parsed("nginx"), ("nginx".into(), Version::Any));
        assert_eq!(
            parsed("nginx=1.2*"),
            ("nginx".into(), Version::Is("1.2*".into()))
        );
        assert_eq!(
            parsed("nginx >= 1.2"),
            ("nginx".into(), Version::AtLeast("1.2".into()))
        );
        assert_eq!(
            parsed("libc6:arm64=2.36"),
            ("libc6:arm64".into(), Version::Is("2.36".into()))
        );
    }

    #[test]
    fn an_installed_version_is_held_against_it() {
        assert!(Wanted::parse("kubelet=1.34.*").accepts("1.34.2-1.1"));
        assert!(!Wanted::parse("kubelet=1.34.*").accepts("1.33.2-1.1"));
        assert!(Wanted::parse("kubelet>=1.9").accepts("1.10-1"));
        assert!(!Wanted::parse("kubelet>=1.9").accepts("1.8-1"));
    }
}

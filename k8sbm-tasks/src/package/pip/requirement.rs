//! Packages as pip takes them: `kubernetes[extra]>=30,<32`.

use pep440_rs::{Version, VersionSpecifiers};

/// A package as pip takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    /// The name, as it is compared; nothing where it is an address or a path.
    pub(super) name: Option<String>,
    text: String,
    /// What its version must be.
    versions: VersionSpecifiers,
}

impl Requirement {
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let other = Self {
            name: None,
            text: text.to_owned(),
            versions: VersionSpecifiers::empty(),
        };
        // What stands behind a semicolon says for which hosts it is meant: pip decides.
        if text.contains(['/', '@', ';']) {
            return other;
        }
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        let archives = [".whl", ".gz", ".zip", ".bz2"];
        if name.is_empty() || archives.iter().any(|it| name.ends_with(it)) {
            return other;
        }
        let rest = rest.trim().trim_start_matches('(').trim_end_matches(')');
        let Ok(versions) = rest.parse() else {
            return other;
        };
        Self {
            name: Some(canonical(name)),
            versions,
            ..other
        }
    }

    /// With a version that is said apart from it.
    pub(super) fn with_version(&self, version: &str) -> Self {
        let version = version.trim_start();
        let between = if version.starts_with(|c: char| c.is_ascii_digit()) {
            "=="
        } else {
            ""
        };
        Self::parse(&format!("{}{between}{version}", self.text))
    }

    /// As pip takes it.
    pub(super) fn text(&self) -> String {
        self.text.clone()
    }

    /// Whether a package that is called so is meant.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(&canonical(name))
    }

    /// Whether one of what is installed will do.
    pub(super) fn is_satisfied(&self, installed: &[(String, String)]) -> bool {
        let named = installed.iter().filter(|(name, _)| self.is(name));
        let mut versions = named.filter_map(|(_, version)| version.parse::<Version>().ok());
        versions.any(|it| self.versions.contains(&it))
    }
}

/// Names that differ in case, or in what joins their words, are the same.
fn canonical(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|it| !it.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// Names as they were meant, where a list was cut at the commas of a comparison.
pub(super) fn joined(names: &[String]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for name in names.iter().map(|it| it.trim()).filter(|it| !it.is_empty()) {
        match joined.last_mut() {
            Some(last) if name.starts_with(['<', '>', '=', '!', '~']) => {
                last.push(',');
                last.push_str(name);
            }
            _ => joined.push(name.to_owned()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn does(wanted: &str, installed: &str) -> bool {
        let (name, version) = installed.split_once(' ').unwrap();
        Requirement::parse(wanted).is_satisfied(&[(name.to_owned(), version.to_owned())])
    }

    #[test]
    fn names_are_compared_as_pip_does() {
        assert!(does("PyYAML", "pyyaml 6.0"));
        assert!(does("ruamel.yaml", "ruamel_yaml 0.18"));
        assert!(does("requests[socks] >= 2", "requests 2.31.0"));
        assert!(!does("yaml", "pyyaml 6.0"));
    }

    #[test]
    fn versions_are_held_against_all_comparisons() {
        assert!(does("kubernetes>=30,<32", "kubernetes 31.0.0"));
        assert!(!does("kubernetes>=30,<31", "kubernetes 31.0.0"));
        assert!(does("kubernetes ==31.*", "kubernetes 31.0.0"));
        assert!(does("kubernetes<1!1,!=32", "kubernetes 31.0rc1"));
        let apart = Requirement::parse("kubernetes").with_version("31.0");
        assert_eq!(apart.text(), "kubernetes==31.0");
        let apart = Requirement::parse("kubernetes").with_version(">=30");
        assert!(apart.is_satisfied(&[("kubernetes".into(), "31.0".into())]));
    }

    #[test]
    fn what_pip_alone_can_tell_has_no_name() {
        for it in [
            "git+https://example.org/x.git",
            "/opt/wheels/x.whl",
            "x.whl",
            "six; python_version < '3'",
            "six @ file:///six.whl",
            "six=1",
        ] {
            assert_eq!(Requirement::parse(it).name, None, "{it}");
        }
    }

    #[test]
    fn a_list_that_was_cut_in_a_comparison_is_joined() {
        let cut = ["django>1.11.0", "<1.12.0", "bottle>0.10", "!=0.11"].map(str::to_owned);
        assert_eq!(
            joined(&cut),
            ["django>1.11.0,<1.12.0", "bottle>0.10,!=0.11"]
        );
    }
}

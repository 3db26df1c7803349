//! The environment, read here and nowhere else.

use std::collections::BTreeMap;

/// The environment of the program.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// That of this process; what is not UTF-8 is left out.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        Self(
            variables
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A variable that is a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    /// A variable that says yes or no, in any of Ansible's words.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)?.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        }
    }

    /// A variable that is a list.
    pub fn list(&self, name: &str, separator: char) -> Vec<String> {
        let items = self.get(name).unwrap_or_default().split(separator);
        items
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A path with `~` resolved.
    pub fn path(&self, text: &str) -> std::path::PathBuf {
        match (text.strip_prefix("~/"), self.get("HOME")) {
            (Some(rest), Some(home)) => std::path::Path::new(home).join(rest),
            _ => text.into(),
        }
    }

    /// The directory for what may be fetched again; none where nobody is at home.
    pub fn cache(&self) -> Option<std::path::PathBuf> {
        let said = self.get("K8SBM_CACHE").map(|path| self.path(path));
        let usual = || Some(self.path(self.get("XDG_CACHE_HOME")?).join("k8sbm"));
        let home = || self.get("HOME").map(|_| self.path("~/.cache/k8sbm"));
        said.or_else(usual).or_else(home)
    }

    /// All of it.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(variables.into_iter().map(owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lists_and_homes() {
        let environment = Environment::from([
            ("A", "Yes"),
            ("B", "maybe"),
            ("C", ""),
            ("L", "a: b ::c"),
            ("HOME", "/home/me"),
        ]);
        assert_eq!(environment.flag("A"), Some(true));
        assert_eq!(environment.flag("B"), None);
        assert_eq!(environment.get("C"), None);
        assert_eq!(environment.list("L", ':'), ["a", "b", "c"]);
        assert_eq!(environment.path("~/x").to_str(), Some("/home/me/x"));
        assert_eq!(environment.path("~other").to_str(), Some("~other"));
        assert_eq!(
            environment.cache().unwrap().to_str(),
            Some("/home/me/.cache/k8sbm")
        );
        let said = Environment::from([("K8SBM_CACHE", "/c"), ("XDG_CACHE_HOME", "/x")]);
        assert_eq!(said.cache(), Some("/c".into()));
        let usual = Environment::from([("XDG_CACHE_HOME", "/x")]);
        assert_eq!(usual.cache(), Some("/x/k8sbm".into()));
        assert_eq!(Environment::default().cache(), None);
    }
}

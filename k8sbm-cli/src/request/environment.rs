//! The environment, read here and nowhere else.

use std::collections::BTreeMap;

/// The environment of the program, and what a configuration file sets where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    configured: BTreeMap<String, String>,
}

impl Environment {
    /// That of this process; what is not UTF-8 is left out.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        Self {
            variables: variables
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            configured: BTreeMap::new(),
        }
    }

    /// With the settings of a file, by the names of variables; variables win over them.
    #[must_use]
    pub fn configured(self, configured: BTreeMap<String, String>) -> Self {
        Self { configured, ..self }
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        [&self.variables, &self.configured]
            .into_iter()
            .find_map(|from| from.get(name).filter(|value| !value.is_empty()))
            .map(String::as_str)
    }

    /// A variable that is a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    /// A variable that says yes or no, in any of Ansible's words.
    pub fn flag(&self, name: &str) -> Option<bool> {
        truth(self.get(name)?)
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

    /// A text with `$NAME` and `${NAME}` replaced where they are set.
    pub fn expanded(&self, text: &str) -> String {
        let mut parts = text.split('$');
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let braced = part.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (name, rest) = braced.unwrap_or_else(|| part.split_at(end.unwrap_or(part.len())));
            match self.get(name) {
                Some(value) => whole.extend([value, rest]),
                None => whole.extend(["$", part]),
            }
        }
        whole
    }

    /// The directory for what may be fetched again; none where nobody is at home.
    pub fn cache(&self) -> Option<std::path::PathBuf> {
        let said = self.get("K8SBM_CACHE").map(|path| self.path(path));
        let usual = || Some(self.path(self.get("XDG_CACHE_HOME")?).join("k8sbm"));
        let home = || self.get("HOME").map(|_| self.path("~/.cache/k8sbm"));
        said.or_else(usual).or_else(home)
    }

    /// All variables.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.variables
    }
}

/// Yes or no, in any of Ansible's words.
pub fn truth(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            variables: variables.into_iter().map(owned).collect(),
            ..Self::default()
        }
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
        assert_eq!(
            environment.expanded("$A/${L}$NONE-$"),
            "Yes/a: b ::c$NONE-$"
        );
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
        let both = said.configured(
            [
                ("K8SBM_CACHE".into(), "/d".into()),
                ("N".into(), "3".into()),
            ]
            .into(),
        );
        assert_eq!(
            (both.get("K8SBM_CACHE"), both.number("N")),
            (Some("/c"), Some(3))
        );
    }
}

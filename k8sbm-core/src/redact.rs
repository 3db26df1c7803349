//! Secrets by value: none leaves the runner.

use crate::diagnostic::Diagnostic;
use crate::node::{Kind, Node};
use serde_json::Value as Json;
use std::sync::{PoisonError, RwLock};

/// What stands where a secret stood.
const HIDDEN: &str = "********";

/// Texts shorter than this are not hidden: they would hide half of every output.
const SHORTEST: usize = 4;

/// The same for what stands in a file that is sealed as a whole: much of that is no secret, such as a port or a user.
const SHORTEST_IN_FILE: usize = 8;

/// Lines of a text of several lines are hidden by themselves from this length on: a key may be shown indented.
const SHORTEST_LINE: usize = 20;

/// The secrets a run has met.
#[derive(Debug, Default)]
pub(crate) struct Secrets(RwLock<Vec<String>>);

impl Secrets {
    /// Hides `secret` from now on.
    pub fn add(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST
            || self.read(|secrets| secrets.iter().any(|known| known == secret))
        {
            return;
        }
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        secrets.push(secret.to_owned());
        let lines = secret
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST_LINE && line.len() < secret.len());
        secrets.extend(lines.map(str::to_owned));
        // A longer secret may hold a shorter one: it goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// Hides the texts and the long numbers of a file of variables that is sealed as a whole.
    pub fn add_file(&self, node: &Node) {
        match &node.kind {
            Kind::Seq(items) => items.iter().for_each(|item| self.add_file(item)),
            Kind::Map(map) => map.values().for_each(|entry| self.add_file(&entry.value)),
            Kind::Str(_) | Kind::Int(_) => {
                let text = node.to_text().unwrap_or_default();
                if text.trim().len() >= SHORTEST_IN_FILE {
                    self.add(&text);
                }
            }
            _ => {}
        }
    }

    fn read<T>(&self, look: impl FnOnce(&[String]) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.read(<[String]>::is_empty)
    }

    /// `text` without secrets.
    pub fn hide(&self, text: &mut String) {
        self.read(|secrets| {
            for secret in secrets {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), HIDDEN);
                }
            }
        });
    }

    /// What a diagnostic says, without secrets.
    pub fn hide_in_diagnostic(&self, diagnostic: &mut Diagnostic) {
        self.hide(&mut diagnostic.message);
        let labels = diagnostic.labels.iter_mut().map(|label| &mut label.text);
        for text in diagnostic
            .notes
            .iter_mut()
            .chain(&mut diagnostic.help)
            .chain(labels)
        {
            self.hide(text);
        }
    }

    /// `value` without secrets, at any depth.
    pub fn hide_in(&self, value: &mut Json) {
        match value {
            Json::String(text) => self.hide(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
            Json::Number(number) => {
                let text = number.to_string();
                if self.read(|secrets| secrets.contains(&text)) {
                    *value = HIDDEN.into();
                }
            }
            Json::Object(map) => map.values_mut().for_each(|value| self.hide_in(value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_at_any_depth_and_the_longer_first() {
        let secrets = Secrets::default();
        secrets.add("hunter2");
        secrets.add("hunter2-and-more");
        secrets.add("abc");
        let mut value =
            serde_json::json!({"a": ["x hunter2-and-more y", {"b": "hunter2"}], "c": "abc"});
        secrets.hide_in(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a": ["x ******** y", {"b": "********"}], "c": "abc"})
        );
    }

    #[test]
    fn of_a_sealed_file_what_is_long_enough_to_be_a_secret_is_hidden() {
        let text = "user: admin\nport: 6443\non: true\npin: 12345678\nlist: [{password: geheim-1}]\nkey: |\n  BEGIN\n  0123456789abcdefghij\n  END\n";
        let source = crate::node::Source {
            name: "sealed.yml".into(),
            text: text.into(),
        };
        let secrets = Secrets::default();
        secrets.add_file(&crate::node::load_one(&source.into()).unwrap());
        let mut value = serde_json::json!({
            "stays": ["admin", 6443, true, "true"],
            "goes": [12345678, "geheim-1", "  0123456789abcdefghij"],
        });
        secrets.hide_in(&mut value);
        assert_eq!(
            value,
            serde_json::json!({
                "stays": ["admin", 6443, true, "true"],
                "goes": ["********", "********", "  ********"],
            })
        );
    }
}

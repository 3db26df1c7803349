//! Secrets by value: none leaves the runner.

use serde_json::Value as Json;
use std::sync::{PoisonError, RwLock};

/// What stands where a secret stood.
const HIDDEN: &str = "********";

/// Texts shorter than this are not hidden: they would hide half of every output.
const SHORTEST: usize = 4;

/// The secrets a run has met.
#[derive(Debug, Default)]
pub(super) struct Secrets(RwLock<Vec<String>>);

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
        // A longer secret may hold a shorter one: it goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
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

    /// `value` without secrets, at any depth.
    pub fn hide_in(&self, value: &mut Json) {
        match value {
            Json::String(text) => self.hide(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
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
}

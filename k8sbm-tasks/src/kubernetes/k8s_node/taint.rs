//! Taints, as users write them and as the API has them.

use k8sbm_core::task::{Error, Result};
use serde_json::{Value as Json, json};

/// A taint that shall be there, or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Taint {
    key: String,
    value: String,
    /// All effects, when a taint that shall not be there names none.
    effect: Option<String>,
    present: bool,
}

impl Taint {
    /// Reads `key=value:Effect`, `key:Effect-`, `key-`, or a mapping.
    pub(super) fn read(written: &Json) -> Result<Self> {
        let wrong = || {
            Error::arguments(format!("`{written}` is no taint"))
                .hint("a taint is `key=value:NoSchedule`, or `key:NoSchedule-` where it shall not be there; effects are NoSchedule, PreferNoSchedule and NoExecute")
        };
        let taint = match written {
            Json::String(text) => Self::parse(text),
            Json::Object(map) => {
                let text = |name: &str| map.get(name).and_then(Json::as_str).map(str::to_owned);
                let known = ["key", "value", "effect", "state"];
                if map.keys().any(|key| !known.contains(&&**key)) {
                    return Err(wrong());
                }
                Self {
                    key: text("key").ok_or_else(wrong)?,
                    value: text("value").unwrap_or_default(),
                    effect: text("effect"),
                    present: text("state").is_none_or(|it| it != "absent"),
                }
            }
            _ => return Err(wrong()),
        };
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        match taint.effect.as_deref() {
            Some(effect) if !effects.contains(&effect) => Err(wrong()),
            None if taint.present => Err(wrong()),
            _ if taint.key.is_empty() => Err(wrong()),
            _ => Ok(taint),
        }
    }

    fn parse(text: &str) -> Self {
        let (text, present) = match text.strip_suffix('-') {
            Some(text) => (text, false),
            None => (text, true),
        };
        let (name, effect) = match text.rsplit_once(':') {
            Some((name, effect)) => (name, Some(effect.to_owned())),
            None => (text, None),
        };
        let (key, value) = name.split_once('=').unwrap_or((name, ""));
        Self {
            key: key.into(),
            value: value.into(),
            effect,
            present,
        }
    }

    /// What a node's taints become.
    pub(super) fn apply(&self, taints: &mut Vec<Json>) {
        let meant = |it: &Json| {
            it["key"] == self.key.as_str()
                && self
                    .effect
                    .as_deref()
                    .is_none_or(|effect| it["effect"] == effect)
        };
        if !self.present {
            taints.retain(|it| !meant(it));
            return;
        }
        let same = |it: &Json| meant(it) && it["value"].as_str().unwrap_or_default() == self.value;
        if taints.iter().any(same) {
            return;
        }
        let mut taint = json!({"key": self.key, "effect": self.effect});
        if !self.value.is_empty() {
            taint["value"] = self.value.clone().into();
        }
        match taints.iter_mut().find(|it| meant(it)) {
            Some(there) => *there = taint,
            None => taints.push(taint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taints_are_read_as_kubectl_reads_them() {
        let read = |text: &str| Taint::read(&json!(text)).unwrap();
        assert_eq!(
            read("a/b=c:NoSchedule"),
            Taint::read(&json!({"key": "a/b", "value": "c", "effect": "NoSchedule"})).unwrap()
        );
        assert!(!read("a/b:NoExecute-").present);
        assert_eq!(read("a-").effect, None);
        for wrong in ["a", "a:Never", ":NoSchedule"] {
            assert!(Taint::read(&json!(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_taint_is_put_changed_or_taken() {
        let mut taints = vec![
            json!({"key": "a", "value": "1", "effect": "NoSchedule"}),
            json!({"key": "b", "effect": "NoExecute"}),
        ];
        for text in ["a=2:NoSchedule", "b-", "c:NoExecute", "c:NoExecute"] {
            Taint::read(&json!(text)).unwrap().apply(&mut taints);
        }
        assert_eq!(
            json!(taints),
            json!([{"key": "a", "value": "2", "effect": "NoSchedule"}, {"key": "c", "effect": "NoExecute"}])
        );
    }
}

//! The document of a kubeconfig: entries by name in three lists.

use k8sbm_core::{
    node::{Node, Source, load},
    task::{Error, Result},
    value::{Flow, YamlStyle, from_json, yaml_text},
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What in a user's entry is secret.
const SECRETS: [&str; 3] = ["client-key-data", "token", "password"];

/// A cluster, a user, and the context of both, each with its name.
pub(super) struct Entries {
    pub cluster: Json,
    pub user: Json,
    pub context: Json,
}

/// Reads a kubeconfig.
///
/// # Errors
/// With the place in the text; what stands there may be secret, and is not told.
pub(super) fn read(path: &str, text: &str) -> Result<Json> {
    let source = Arc::new(Source {
        name: path.into(),
        text: text.into(),
    });
    let nodes = load(&source).map_err(|error| {
        let place = error.labels.first().map(|label| label.span.to_string());
        let place = place.unwrap_or_else(|| path.to_owned());
        Error::failed(format!("{place}: it is no kubeconfig: {error}"))
    })?;
    match nodes.first().map(Node::to_json).unwrap_or_default() {
        document @ (Json::Null | Json::Object(_)) => Ok(document),
        _ => Err(Error::failed(format!(
            "{path}: it is no kubeconfig: it is no mapping"
        ))),
    }
}

/// A kubeconfig in YAML.
pub(super) fn text(document: &Json) -> String {
    let style = YamlStyle {
        flow: Flow::Never,
        width: usize::MAX,
        sort_keys: false,
        ..YamlStyle::default()
    };
    yaml_text(&from_json(document.clone()), &style)
}

/// A kubeconfig as it may be shown.
pub(super) fn without_secrets(document: &Json) -> Json {
    let mut document = document.clone();
    let users = document.get_mut("users").and_then(Json::as_array_mut);
    for user in users.into_iter().flatten() {
        let user = user.get_mut("user").and_then(Json::as_object_mut);
        for (name, value) in user.into_iter().flatten() {
            if SECRETS.contains(&name.as_str()) {
                *value = "(not shown)".into();
            }
        }
    }
    document
}

impl Entries {
    fn lists(&self) -> [(&'static str, &Json); 3] {
        [
            ("clusters", &self.cluster),
            ("users", &self.user),
            ("contexts", &self.context),
        ]
    }

    /// What is secret in it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = |name: &&str| self.user["user"].get(*name).and_then(Json::as_str);
        SECRETS.iter().filter_map(secret)
    }

    /// A document with these entries, each in the place of the one that had its name.
    pub fn put_into(&self, old: &Json, current: bool) -> Json {
        let mut document = whole(old);
        for (list, entry) in self.lists() {
            let mut all = listed(&document, list);
            match all.iter_mut().find(|it| it["name"] == entry["name"]) {
                Some(there) => *there = entry.clone(),
                None => all.push(entry.clone()),
            }
            document[list] = all.into();
        }
        if current
            || document["current-context"]
                .as_str()
                .is_none_or(str::is_empty)
        {
            document["current-context"] = self.context["name"].clone();
        }
        document
    }

    /// A document without entries of these names.
    pub fn taken_from(&self, old: &Json) -> Json {
        let mut document = whole(old);
        for (list, entry) in self.lists() {
            let mut all = listed(&document, list);
            all.retain(|it| it["name"] != entry["name"]);
            document[list] = all.into();
        }
        if document["current-context"] == self.context["name"] {
            document["current-context"] = "".into();
        }
        document
    }
}

/// A document with all that kubectl expects.
fn whole(old: &Json) -> Json {
    let mut document = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [],
        "users": [],
        "contexts": [],
        "current-context": "",
    });
    for (name, value) in old.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    document
}

fn listed(document: &Json, list: &str) -> Vec<Json> {
    document[list].as_array().cloned().unwrap_or_default()
}

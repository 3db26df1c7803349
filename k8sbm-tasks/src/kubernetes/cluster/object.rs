//! What an object is called, and how it is written.

use k8sbm_core::value::{Flow, YamlStyle, from_json, yaml_text};
use serde_json::Value as Json;
use std::fmt;

/// What an object is called: kind with group, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// `apps/v1`, or `v1`.
    pub(crate) api_version: String,
    /// `Deployment`.
    pub(crate) kind: String,
    /// Its namespace, unless it has none or that is not said.
    pub(crate) namespace: Option<String>,
    /// Its name.
    pub(crate) name: String,
}

impl Key {
    /// What an object is called.
    pub(crate) fn of(object: &Json) -> Self {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let namespace = object["metadata"]["namespace"].as_str();
        Self {
            api_version: text(&object["apiVersion"]),
            kind: text(&object["kind"]),
            namespace: namespace.filter(|it| !it.is_empty()).map(str::to_owned),
            name: text(&object["metadata"]["name"]),
        }
    }

    /// The group of its kind; empty for the core.
    pub(crate) fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// Its kind as `kubectl` takes it, so that no other group's kind is meant.
    pub(crate) fn resource(&self) -> String {
        resource(&self.kind, Some(&self.api_version))
    }

    /// Whether this is what `wanted` calls, which may leave the namespace open and say another version.
    pub(crate) fn answers(&self, wanted: &Self) -> bool {
        self.kind == wanted.kind
            && self.group() == wanted.group()
            && self.name == wanted.name
            && (wanted.namespace.is_none()
                || self.namespace.is_none()
                || self.namespace == wanted.namespace)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// A kind as `kubectl` takes it: `Deployment.v1.apps`.
pub(crate) fn resource(kind: &str, api_version: Option<&str>) -> String {
    match api_version.map(|it| it.split_once('/').unwrap_or(("", it))) {
        Some((group, version)) if kind.chars().next().is_some_and(char::is_uppercase) => {
            format!("{kind}.{version}.{group}")
        }
        Some((group, _)) if !group.is_empty() => format!("{kind}.{group}"),
        _ => kind.to_owned(),
    }
}

/// YAML as people write it.
pub(crate) fn yaml(value: &Json) -> String {
    let style = YamlStyle {
        flow: Flow::Never,
        width: 120,
        sort_keys: false,
        ..YamlStyle::default()
    };
    yaml_text(&from_json(value.clone()), &style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_said_with_version_and_group() {
        assert_eq!(
            resource("Deployment", Some("apps/v1")),
            "Deployment.v1.apps"
        );
        assert_eq!(resource("Pod", Some("v1")), "Pod.v1.");
        assert_eq!(resource("pods", Some("v1")), "pods");
        assert_eq!(resource("deploy", Some("apps/v1")), "deploy.apps");
        assert_eq!(resource("Node", None), "Node");
    }
}

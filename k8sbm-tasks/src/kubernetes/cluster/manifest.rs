//! Manifests: YAML or JSON text, or what a playbook says in its place, as objects.

use k8sbm_core::{
    node::{Source, load},
    task::{Error, Result},
};
use serde_json::Value as Json;
use std::sync::Arc;

/// Kinds that belong to no namespace; the API puts right what is missing here.
const CLUSTER_WIDE: &[&str] = &[
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "FlowSchema",
    "GatewayClass",
    "IngressClass",
    "Installation",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// The objects of a text with any number of documents.
///
/// # Errors
/// With the place in the text.
pub(crate) fn documents(name: &str, text: &str) -> Result<Vec<Json>> {
    let source = Arc::new(Source {
        name: name.into(),
        text: text.into(),
    });
    let nodes = load(&source).map_err(|error| {
        let place = error
            .labels
            .first()
            .map(|label| format!("{}: ", label.span));
        Error::failed(format!("{}{error}", place.unwrap_or_default()))
    })?;
    let mut objects = Vec::new();
    for node in nodes {
        gather(&node.to_json(), &mut objects)?;
    }
    Ok(objects)
}

/// The objects of a value: an object, a list of objects, text, or a `List`.
pub(super) fn gather(value: &Json, objects: &mut Vec<Json>) -> Result<()> {
    match value {
        Json::Null => {}
        Json::Array(items) => {
            for item in items {
                gather(item, objects)?;
            }
        }
        Json::String(text) => objects.extend(documents("definition", text)?),
        Json::Object(map) => {
            let kind = map.get("kind").and_then(Json::as_str).unwrap_or_default();
            if let (true, Some(items)) = (kind.ends_with("List"), map.get("items")) {
                return gather(items, objects);
            }
            for needed in ["apiVersion", "kind"] {
                if map.get(needed).and_then(Json::as_str).is_none() {
                    let what = map.get("metadata").and_then(|it| it["name"].as_str());
                    let what = what.unwrap_or(kind);
                    return Err(Error::failed(format!(
                        "an object of a manifest lacks `{needed}`{}",
                        if what.is_empty() {
                            String::new()
                        } else {
                            format!(": {what}")
                        }
                    )));
                }
            }
            if value["metadata"]["name"].as_str().is_none() {
                return Err(Error::failed(format!(
                    "a {kind} of a manifest lacks `metadata.name`"
                )));
            }
            objects.push(value.clone());
        }
        other => {
            return Err(Error::failed(format!("`{other}` is no object of the API")));
        }
    }
    Ok(())
}

/// The objects of a definition, as [`documents`] finds them in text.
pub(crate) fn defined(definition: &Json) -> Result<Vec<Json>> {
    let mut objects = Vec::new();
    gather(definition, &mut objects)?;
    Ok(objects)
}

/// Puts objects that say no namespace into one.
pub(crate) fn into_namespace(objects: &mut [Json], namespace: &str) {
    for object in objects {
        let kind = object["kind"].as_str().unwrap_or_default();
        let there = object["metadata"]["namespace"].as_str().is_some();
        if !there && !CLUSTER_WIDE.contains(&kind) {
            object["metadata"]["namespace"] = namespace.into();
        }
    }
}

/// Whether others need it before they can be: namespaces and definitions of kinds.
pub(crate) fn comes_first(object: &Json) -> bool {
    matches!(
        object["kind"].as_str(),
        Some("Namespace" | "CustomResourceDefinition")
    )
}

/// The group and kind that a CustomResourceDefinition brings.
pub(crate) fn brings(object: &Json) -> Option<(&str, &str)> {
    if object["kind"] != "CustomResourceDefinition" {
        return None;
    }
    let spec = &object["spec"];
    Some((spec["group"].as_str()?, spec["names"]["kind"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_lists_and_text_are_objects() {
        let text = "---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {mode: \"0644\"}}\n";
        let objects = documents("x.yml", text).unwrap();
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[1]["data"]["mode"], "0644");
        assert_eq!(defined(&json!([text, objects[0]])).unwrap().len(), 3);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let told = |text| documents("x.yml", text).unwrap_err().message;
        insta::assert_snapshot!(told("kind: Pod\nmetadata: {name: web}"), @"an object of a manifest lacks `apiVersion`: web");
        insta::assert_snapshot!(told("{apiVersion: v1, kind: Pod}"), @"a Pod of a manifest lacks `metadata.name`");
        insta::assert_snapshot!(told("--- 3"), @"`3` is no object of the API");
        assert!(told("a: [").starts_with("x.yml:1:"), "{}", told("a: ["));
    }

    #[test]
    fn a_namespace_is_put_where_none_is_said() {
        let mut objects = defined(&json!([
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c", "namespace": "x"}},
        ]))
        .unwrap();
        into_namespace(&mut objects, "y");
        let namespaces: Vec<_> = objects
            .iter()
            .map(|it| it["metadata"]["namespace"].as_str())
            .collect();
        assert_eq!(namespaces, [None, Some("y"), Some("x")]);
    }
}

//! What a node lacks of what is wanted, as a patch.

use super::Taint;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// What is wanted of a node.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) labels: BTreeMap<String, Option<String>>,
    pub(super) annotations: BTreeMap<String, Option<String>>,
    pub(super) taints: Vec<Taint>,
    pub(super) unschedulable: Option<bool>,
}

impl Wanted {
    /// A merge patch that makes a node as wanted; nothing where it is so. It holds only for the node as it is.
    pub(super) fn patch(&self, node: &Json) -> Option<Json> {
        let (mut metadata, mut spec) = (Map::new(), Map::new());
        for (field, wanted) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            let have = &node["metadata"][field];
            let lacking = wanted
                .iter()
                .filter(|(name, value)| have[name.as_str()].as_str() != value.as_deref());
            let lacking: Map<String, Json> = lacking
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            if !lacking.is_empty() {
                metadata.insert(field.into(), Json::Object(lacking));
            }
        }
        let have = node["spec"]["taints"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut taints = have.clone();
        self.taints
            .iter()
            .for_each(|taint| taint.apply(&mut taints));
        if taints != have {
            spec.insert("taints".into(), json!(taints));
        }
        let cordoned = node["spec"]["unschedulable"].as_bool().unwrap_or(false);
        if let Some(wanted) = self.unschedulable.filter(|wanted| *wanted != cordoned) {
            spec.insert(
                "unschedulable".into(),
                if wanted { true.into() } else { Json::Null },
            );
        }
        if metadata.is_empty() && spec.is_empty() {
            return None;
        }
        metadata.insert(
            "resourceVersion".into(),
            node["metadata"]["resourceVersion"].clone(),
        );
        Some(json!({"metadata": metadata, "spec": spec}))
    }

    /// The node as it would be.
    pub(super) fn after(&self, node: &Json) -> Json {
        let mut after = node.clone();
        if let Some(patch) = self.patch(node) {
            merge(&mut after, &patch);
        }
        after
    }
}

fn merge(target: &mut Json, patch: &Json) {
    let Json::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    for (name, value) in patch {
        match (value, target.as_object_mut()) {
            (Json::Null, Some(map)) => drop(map.shift_remove(name)),
            (value, Some(map)) => merge(map.entry(name.clone()).or_insert(Json::Null), value),
            _ => {}
        }
    }
}

/// What a patch does, in words.
pub(super) fn summary(name: &str, node: &Json, patch: &Json) -> String {
    let mut parts = Vec::new();
    for (field, one) in [("labels", "label"), ("annotations", "annotation")] {
        for (key, value) in patch["metadata"][field].as_object().into_iter().flatten() {
            parts.push(match value.as_str() {
                Some("") => format!("{one} {key}"),
                Some(value) => format!("{one} {key}={value}"),
                None => format!("no {one} {key}"),
            });
        }
    }
    if let Some(taints) = patch["spec"]["taints"].as_array() {
        let have = node["spec"]["taints"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let added = taints
            .iter()
            .filter(|it| !have.contains(it))
            .map(|it| format!("taint {}", text(it)));
        let effect = |it: &Json| (it["key"].clone(), it["effect"].clone());
        let gone = have
            .iter()
            .filter(|it| !taints.iter().any(|new| effect(new) == effect(it)));
        parts.extend(added.chain(gone.map(|it| format!("no taint {}", text(it)))));
    }
    let cordon = patch["spec"].get("unschedulable").map(Json::is_null);
    parts.extend(cordon.map(|un| {
        if un {
            "uncordon".into()
        } else {
            "cordon".to_owned()
        }
    }));
    format!("node {name}: {}", parts.join(", "))
}

fn text(taint: &Json) -> String {
    let part = |name: &str| taint[name].as_str().unwrap_or_default().to_owned();
    match part("value") {
        value if value.is_empty() => format!("{}:{}", part("key"), part("effect")),
        value => format!("{}={value}:{}", part("key"), part("effect")),
    }
}

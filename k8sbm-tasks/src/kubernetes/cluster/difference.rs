//! What differs between an object as it is and as it would be.

use super::{Key, yaml};
use k8sbm_core::task::Diff;
use serde_json::{Map, Value as Json, json};

/// What would become of one object.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// The object.
    pub(crate) key: Key,
    /// Only what differs, as it is; nothing where there is no such object.
    pub(crate) before: Option<Json>,
    /// Only what differs, as it would be; nothing where the object would go.
    pub(crate) after: Option<Json>,
}

impl Difference {
    /// What differs between an object as it is and as it would be, if anything.
    pub(crate) fn between(key: Key, before: Option<&Json>, after: Option<&Json>) -> Option<Self> {
        let (mut old, mut new) = (before.map(bare), after.map(bare));
        if let (Some(old), Some(new)) = (&mut old, &mut new) {
            let (less, more) = differing(old, new)?;
            (*old, *new) = (less, more);
        }
        if key.kind == "Secret" {
            hide(&mut old, "(secret)");
            let other = if before.is_some() {
                "(another secret)"
            } else {
                "(secret)"
            };
            hide(&mut new, other);
        }
        Some(Self {
            key,
            before: old,
            after: new,
        })
    }

    fn verb(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "create",
            (_, None) => "delete",
            _ => "change",
        }
    }
}

/// One sentence and one diff for several objects.
pub(crate) fn differences(all: &[Difference]) -> (String, Diff) {
    let mut parts: Vec<String> = Vec::new();
    for verb in ["create", "change", "delete"] {
        let names: Vec<String> = all
            .iter()
            .filter(|it| it.verb() == verb)
            .map(|it| it.key.to_string())
            .collect();
        if !names.is_empty() {
            parts.push(format!("{verb} {}", names.join(", ")));
        }
    }
    let side = |of: fn(&Difference) -> &Option<Json>| {
        let texts = all.iter().filter_map(|it| {
            let value = of(it).as_ref()?;
            Some(format!("# {}\n{}", it.key, yaml(value)))
        });
        texts.collect::<String>()
    };
    let name = match all {
        [one] => one.key.to_string(),
        _ => "objects of the API".into(),
    };
    let diff = Diff::text(&name, side(|it| &it.before), side(|it| &it.after));
    (parts.join("; "), diff)
}

/// An object without what the API itself keeps in it.
fn bare(object: &Json) -> Json {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        for kept in [
            "managedFields",
            "resourceVersion",
            "uid",
            "generation",
            "creationTimestamp",
            "selfLink",
        ] {
            metadata.remove(kept);
        }
    }
    object
}

/// Only what differs of two values; nothing when they are equal. Items of lists keep their name.
fn differing(old: &Json, new: &Json) -> Option<(Json, Json)> {
    match (old, new) {
        _ if old == new => None,
        (Json::Object(old), Json::Object(new)) => {
            let (mut less, mut more) = (Map::new(), Map::new());
            let gone = old.keys().filter(|key| !new.contains_key(*key));
            for key in new.keys().chain(gone) {
                match (old.get(key), new.get(key)) {
                    (Some(old), Some(new)) => {
                        if let Some((old, new)) = differing(old, new) {
                            less.insert(key.clone(), old);
                            more.insert(key.clone(), new);
                        }
                    }
                    (Some(old), None) => drop(less.insert(key.clone(), old.clone())),
                    (None, Some(new)) => drop(more.insert(key.clone(), new.clone())),
                    (None, None) => {}
                }
            }
            Some((Json::Object(less), Json::Object(more)))
        }
        (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
            let pairs = old.iter().zip(new).filter_map(|(old, new)| {
                let (mut less, mut more) = differing(old, new)?;
                for side in [&mut less, &mut more] {
                    if let (Json::Object(map), Some(name)) = (side, new.get("name")) {
                        map.entry("name").or_insert_with(|| name.clone());
                    }
                }
                Some((less, more))
            });
            let (less, more): (Vec<Json>, Vec<Json>) = pairs.unzip();
            Some((Json::Array(less), Json::Array(more)))
        }
        _ => Some((old.clone(), new.clone())),
    }
}

/// Hides the values of a Secret.
pub(super) fn hide(object: &mut Option<Json>, by: &str) {
    let Some(object) = object else { return };
    for field in ["data", "stringData"] {
        for value in object
            .get_mut(field)
            .and_then(Json::as_object_mut)
            .into_iter()
            .flatten()
        {
            *value.1 = json!(by);
        }
    }
    let annotations = object.pointer_mut("/metadata/annotations");
    if let Some(annotations) = annotations.and_then(Json::as_object_mut) {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "generation": 3, "labels": {"a": "1", "b": "2"}},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "x", "image": "x:1", "args": ["-v"]}, {"name": "y", "image": "y:1"}]}}},
            "status": {"replicas": 2}});
        let mut after = before.clone();
        after["spec"]["template"]["spec"]["containers"][0]["image"] = json!("x:2");
        after["metadata"]["generation"] = json!(4);
        after["metadata"]["labels"] = json!({"a": "1"});
        let key = Key::of(&after);
        assert!(Difference::between(key.clone(), Some(&before), Some(&before)).is_none());
        let one = Difference::between(key, Some(&before), Some(&after)).unwrap();
        let (summary, diff) = differences(&[one]);
        assert_eq!(summary, "change Deployment shop/web");
        insta::assert_snapshot!(diff.before, @r"
        # Deployment shop/web
        metadata:
          labels:
            b: '2'
        spec:
          template:
            spec:
              containers:
              - image: x:1
                name: x
        ");
        insta::assert_snapshot!(diff.after, @r"
        # Deployment shop/web
        metadata:
          labels: {}
        spec:
          template:
            spec:
              containers:
              - image: x:2
                name: x
        ");
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": value}});
        let (old, new) = (secret("b25l"), secret("dHdv"));
        let one = Difference::between(Key::of(&new), Some(&old), Some(&new)).unwrap();
        let (_, diff) = differences(&[one]);
        assert_eq!(diff.before, "# Secret s\ndata:\n  password: (secret)\n");
        assert_eq!(
            diff.after,
            "# Secret s\ndata:\n  password: (another secret)\n"
        );
    }
}

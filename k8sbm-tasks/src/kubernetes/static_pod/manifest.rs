//! The manifest of a static pod, held against what the kubelet takes.

use k8sbm_core::{
    node::{Source, load_one},
    task::{Error, Result},
    value::{Flow, YamlStyle, from_json, yaml_text},
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// A manifest that the kubelet takes.
#[derive(Debug)]
pub(super) struct Manifest {
    /// Its text.
    pub text: String,
}

/// From fields; they are written out.
pub(super) fn of_fields(name: &str, fields: Map<String, Json>, place: &str) -> Result<Manifest> {
    let pod = Json::Object(fields);
    check(name, &pod, place)?;
    let style = YamlStyle {
        flow: Flow::Never,
        width: usize::MAX,
        sort_keys: false,
        ..YamlStyle::default()
    };
    Ok(Manifest {
        text: yaml_text(&from_json(pod), &style),
    })
}

/// From text, which is kept as it is.
pub(super) fn of_text(name: &str, place: &str, text: &str) -> Result<Manifest> {
    let source = Arc::new(Source {
        name: place.to_owned(),
        text: text.to_owned(),
    });
    let node = load_one(&source).map_err(|error| Error::failed(format!("{place}: {error}")))?;
    check(name, &node.to_json(), place)?;
    let end = if text.ends_with('\n') { "" } else { "\n" };
    Ok(Manifest {
        text: format!("{text}{end}"),
    })
}

fn check(name: &str, pod: &Json, place: &str) -> Result<()> {
    let refused = |what: String| Err(Error::arguments(format!("{place}: {what}")));
    if pod["apiVersion"] != "v1" || pod["kind"] != "Pod" {
        return refused("a static pod is a `Pod` of `apiVersion: v1`, and nothing else".into());
    }
    match pod["metadata"]["name"].as_str() {
        None => return refused("the pod lacks `metadata.name`".into()),
        Some(own) if own != name => {
            return refused(format!(
                "the pod is called `{own}`, and the task says `{name}`"
            ));
        }
        Some(_) => {}
    }
    let containers = pod["spec"]["containers"].as_array();
    let Some(containers) = containers.filter(|containers| !containers.is_empty()) else {
        return refused("the pod lacks `spec.containers`".into());
    };
    let all = pod["spec"]["initContainers"]
        .as_array()
        .into_iter()
        .flatten();
    for (at, container) in containers.iter().chain(all).enumerate() {
        for field in ["name", "image"] {
            if container[field].as_str().is_none_or(str::is_empty) {
                return refused(format!("container {} lacks its `{field}`", at + 1));
            }
        }
    }
    // The kubelet has no API to ask for these when it begins.
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    for volume in volumes {
        for kind in ["configMap", "secret", "persistentVolumeClaim"] {
            if !volume[kind].is_null() {
                return refused(format!("a static pod cannot have a volume of a `{kind}`"));
            }
        }
    }
    if !pod["spec"]["serviceAccountName"].is_null() {
        return refused("a static pod cannot have a service account".into());
    }
    Ok(())
}

//! The documents of a configuration, and their text.

use super::shape::Kind;
use crate::kubernetes::version::Version;
use k8sbm_core::{
    node::{Source, load},
    task::{Error, Result},
    value::{Flow, YamlStyle, from_json, yaml_text},
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Where the configuration of `kubeadm init` stands unless said otherwise.
pub(crate) const INIT_FILE: &str = "/etc/kubernetes/kubeadm-init.yaml";

/// Where the configuration of `kubeadm join` stands unless said otherwise.
pub(crate) const JOIN_FILE: &str = "/etc/kubernetes/kubeadm-join.yaml";

/// The documents of a configuration, in order.
#[derive(Debug, Default)]
pub(crate) struct Documents(Vec<Json>);

impl Documents {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// When it is no YAML.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self> {
        let source = Arc::new(Source {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        let nodes = load(&source).map_err(|error| Error::failed(format!("{name}: {error}")))?;
        Ok(Self(nodes.iter().map(|node| node.to_json()).collect()))
    }

    /// Adds a document, held against what its kind knows.
    ///
    /// # Errors
    /// At the first field that is wrong; `argument` is what gave the fields.
    pub(super) fn add(
        &mut self,
        api: &str,
        kind: &Kind,
        fields: Json,
        version: &Version,
        argument: &str,
    ) -> Result<()> {
        kind.check(&fields, version, argument)?;
        let mut document = Map::new();
        document.insert("apiVersion".into(), api.into());
        document.insert("kind".into(), kind.name.into());
        if let Json::Object(fields) = fields {
            document.extend(fields);
        }
        self.0.push(Json::Object(document));
        Ok(())
    }

    /// The document of a kind.
    pub(crate) fn kind(&self, kind: &str) -> Option<&Json> {
        self.0.iter().find(|document| document["kind"] == kind)
    }

    /// The document of a kind, to be changed.
    pub(crate) fn kind_mut(&mut self, kind: &str) -> Option<&mut Json> {
        self.0.iter_mut().find(|document| document["kind"] == kind)
    }

    /// As kubeadm reads it.
    pub(crate) fn text(&self) -> String {
        let style = YamlStyle {
            flow: Flow::Never,
            width: usize::MAX,
            sort_keys: false,
            ..YamlStyle::default()
        };
        let texts: Vec<String> = self
            .0
            .iter()
            .map(|document| yaml_text(&from_json(document.clone()), &style))
            .collect();
        texts.join("---\n")
    }
}

/// Lays `over` upon `base`: mappings are merged, lists are put behind, everything else replaces.
pub(super) fn merge(base: &mut Json, over: &Json) {
    match (base, over) {
        (Json::Object(base), Json::Object(over)) => {
            for (name, value) in over {
                match base.get_mut(name) {
                    Some(known) => merge(known, value),
                    None => {
                        base.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (Json::Array(base), Json::Array(over)) => base.extend(over.iter().cloned()),
        (base, over) => *base = over.clone(),
    }
}

/// Puts a value under a name, unless there is none.
pub(super) fn put(map: &mut Map<String, Json>, name: &str, value: Option<impl Into<Json>>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value.into());
    }
}

/// An object, unless it would be empty.
pub(super) fn unless_empty(map: Map<String, Json>) -> Option<Json> {
    (!map.is_empty()).then_some(Json::Object(map))
}

//! Extra arguments of a component: a mapping in v1beta3, a list in v1beta4.

use crate::kubernetes::version::KubeadmApi;
use k8sbm_core::task::{Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Arguments of a component by name, without dashes; a list of values gives an argument more than once.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct ExtraArgs(Map<String, Json>);

impl ExtraArgs {
    /// Adds an argument unless it is there.
    pub(crate) fn default_to(&mut self, name: &str, value: impl Into<Json>) {
        self.0.entry(name).or_insert(value.into());
    }

    /// Whether an argument of this name is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// As the API version writes them; nothing where there are none. `argument` is what they were given by.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(crate) fn written(&self, api: KubeadmApi, argument: &str) -> Result<Option<Json>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let mut pairs = Vec::new();
        for (name, value) in &self.0 {
            if name.starts_with('-') || name.contains('=') {
                let bare = name.trim_start_matches('-');
                let bare = bare.split('=').next().unwrap_or_default();
                return Err(
                    Error::arguments(format!("`{name}` is no name of an argument"))
                        .hint(format!("without dashes: `{bare}`"))
                        .about([argument, name]),
                );
            }
            let values = match value {
                Json::Array(values) => values.iter().collect(),
                value => vec![value],
            };
            for value in values {
                let text = text(value).ok_or_else(|| {
                    let message = format!("the argument `{name}` takes text, not {value}");
                    Error::arguments(message).about([argument, name])
                })?;
                pairs.push((name, text));
            }
        }
        Ok(Some(match api {
            KubeadmApi::V1Beta4 => {
                let pairs = pairs.into_iter();
                Json::Array(
                    pairs
                        .map(|(name, value)| json!({"name": name, "value": value}))
                        .collect(),
                )
            }
            KubeadmApi::V1Beta3 => {
                let mut map = Map::new();
                for (name, value) in pairs {
                    if map.insert(name.clone(), value.into()).is_some() {
                        let message =
                            format!("`{name}` can be given only once before Kubernetes 1.31");
                        return Err(Error::arguments(message).about([argument, name]));
                    }
                }
                Json::Object(map)
            }
        }))
    }
}

fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

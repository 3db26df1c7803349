//! What is installed of a release.

use super::{Helm, command::said};
use k8sbm_core::task::{Error, Result};
use serde_json::{Value as Json, json};

/// What is installed of a release.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// `deployed`, `failed`, `pending-upgrade`, ...
    pub(super) status: String,
    /// What the last upgrade was described with.
    pub(super) description: String,
    /// The values that were given.
    pub(super) values: Json,
    /// The chart's name.
    pub(super) chart: String,
    /// The chart's version.
    pub(super) version: String,
    app_version: String,
    revision: i64,
}

impl Standing {
    /// What is installed; nothing where nothing is.
    pub(super) async fn of(helm: &Helm, name: &str, namespace: &str) -> Result<Option<Self>> {
        let end = ["-n", namespace, "-o", "json"];
        let asked = [["status", name].as_slice(), &end].concat();
        let more = [["get", "metadata", name].as_slice(), &end].concat();
        let (status, metadata) = tokio::join!(helm.look(&asked), helm.look(&more));
        let (status, metadata) = (status?, metadata?);
        if !status.success() {
            let said = said(&status);
            if said.contains("release: not found") {
                return Ok(None);
            }
            return Err(Error::failed(said).context(format!("release {name}")));
        }
        let status = read(&status.text())?;
        // A release that never came to be has no metadata; a recovery needs none.
        let metadata = read(&metadata.text()).unwrap_or_default();
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        Ok(Some(Self {
            status: text(&status["info"]["status"]),
            description: text(&status["info"]["description"]),
            values: match &status["config"] {
                Json::Null => json!({}),
                values => values.clone(),
            },
            chart: text(&metadata["chart"]),
            version: text(&metadata["version"]),
            app_version: text(&metadata["appVersion"]),
            revision: status["version"].as_i64().unwrap_or(0),
        }))
    }

    /// What `register` sees of it.
    pub(super) fn returns(&self, name: &str, namespace: &str) -> Json {
        json!({
            "name": name,
            "namespace": namespace,
            "status": self.status,
            "revision": self.revision,
            "chart": format!("{}-{}", self.chart, self.version),
            "app_version": self.app_version,
        })
    }
}

fn read(text: &str) -> Result<Json> {
    serde_json::from_str(text)
        .map_err(|error| Error::failed(format!("helm printed what is no JSON: {error}")))
}

//! One thing that is installed.

use k8sbm_core::task::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

/// One thing that is installed: an entry of the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// What it is.
    #[serde(default)]
    pub kind: Kind,
    /// Its version, for people.
    #[serde(default, deserialize_with = "text")]
    pub version: Option<String>,
    /// Where it is published.
    pub url: Option<String>,
    /// Its SHA-256 in hexadecimal.
    #[serde(default, deserialize_with = "text")]
    pub sha256: Option<String>,
    /// What it is called in a directory, where that is not the last part of `url`.
    pub file: Option<String>,
    /// The file that is wanted of an archive.
    pub member: Option<String>,
    /// The image that is in the archive, such as `registry.k8s.io/pause:3.10`.
    pub image: Option<String>,
}

/// What an artefact is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A program.
    #[default]
    Binary,
    /// A tar archive with what is wanted in it.
    Archive,
    /// A tar archive with a container image.
    Image,
    /// A Helm chart, packed.
    Chart,
    /// Kubernetes objects in YAML.
    Manifest,
}

impl Kind {
    /// Its name in a lock.
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Archive => "archive",
            Self::Image => "image",
            Self::Chart => "chart",
            Self::Manifest => "manifest",
        }
    }

    /// The folder of a directory source where it is kept.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Binary | Self::Archive => "bin",
            Self::Image => "images",
            Self::Chart => "charts",
            Self::Manifest => "manifests",
        }
    }
}

impl Artifact {
    /// What it is called in a directory, if that can be said.
    pub fn file_name(&self) -> Option<String> {
        let published = || {
            let url = self.url.as_deref()?.split(['?', '#']).next()?;
            let last = url.split_once("://")?.1.rsplit_once('/')?.1;
            (!last.is_empty()).then(|| last.to_owned())
        };
        let packed = || {
            let last = self.image.as_deref()?.rsplit('/').next()?;
            let last = last.split('@').next()?;
            Some(format!("{}.tar", last.replace(':', "_")))
        };
        self.file.clone().or_else(published).or_else(packed)
    }

    /// Refuses what cannot be right, before anything is fetched.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self) -> Result<()> {
        if let Some(sha256) = &self.sha256 {
            let hexadecimal = sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            if sha256.len() != 64 || !hexadecimal {
                return Err(Error::arguments(format!("`{sha256}` is no SHA-256"))
                    .hint("it has 64 hexadecimal digits, as sha256sum prints them"));
            }
        }
        if let Some(url) = &self.url
            && !["https://", "http://", "file://"]
                .iter()
                .any(|scheme| url.starts_with(scheme))
        {
            return Err(Error::arguments(format!("`{url}` is no URL of a file"))
                .hint("begin it with `https://`"));
        }
        match self.file_name() {
            Some(name) if name.starts_with('/') || name.split('/').any(|part| part == "..") => Err(
                Error::arguments(format!("`{name}` is no name in a directory"))
                    .hint("`file` is relative to the directory of artefacts"),
            ),
            Some(_) => Ok(()),
            None => Err(Error::arguments("nothing says where it comes from")
                .hint("give it a `url`, or a `file` in a directory of artefacts")),
        }
    }
}

/// Text, or a number as YAML reads `1.36`.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text)),
        Json::Number(number) => Ok(Some(number.to_string())),
        other => Err(serde::de::Error::custom(format!("`{other}` is no text"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(json: Json) -> Artifact {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_file_is_named_by_itself_its_url_or_its_image() {
        let name = |json| artifact(json).file_name();
        let url = "https://dl.k8s.io/release/v1.34.9/bin/linux/amd64/kubeadm?x=1";
        assert_eq!(name(serde_json::json!({"url": url})).unwrap(), "kubeadm");
        let both = serde_json::json!({"url": url, "file": "kubeadm-1.34.9"});
        assert_eq!(name(both).unwrap(), "kubeadm-1.34.9");
        let image = serde_json::json!({"image": "registry.k8s.io/coredns/coredns:v1.12.1"});
        assert_eq!(name(image).unwrap(), "coredns_v1.12.1.tar");
        assert_eq!(name(serde_json::json!({"version": 1.36})), None);
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        let why = |json| artifact(json).check().unwrap_err().message;
        let sha = serde_json::json!({"url": "https://x/y", "sha256": "abc"});
        assert_eq!(why(sha), "`abc` is no SHA-256");
        assert_eq!(
            why(serde_json::json!({"url": "oci://x/y"})),
            "`oci://x/y` is no URL of a file"
        );
        assert_eq!(
            why(serde_json::json!({"file": "../../etc/passwd"})),
            "`../../etc/passwd` is no name in a directory"
        );
        assert_eq!(
            why(serde_json::json!({})),
            "nothing says where it comes from"
        );
    }
}

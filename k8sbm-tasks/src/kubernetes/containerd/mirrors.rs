//! Where containerd asks for the images of a registry.

use super::config::REGISTRIES;
use crate::kubernetes::toml;
use k8sbm_core::task::{Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// How one registry is reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Registry {
    /// URLs that are asked first, in this order. The registry itself is asked last.
    #[serde(default)]
    mirrors: Vec<String>,
    /// The URL of the registry itself, where that is not its name with `https://` before.
    server: Option<String>,
    /// A file of the host with the certificate authority of the mirrors, or of the registry where it has none.
    ca: Option<String>,
    /// Whether certificates are not checked.
    #[serde(default)]
    skip_verify: bool,
    /// Whether the URLs hold the whole path, with `/v2`.
    #[serde(default)]
    override_path: bool,
}

impl Registry {
    /// Where what is written of a registry stands.
    pub fn path(name: &str) -> String {
        format!("{REGISTRIES}/{name}/hosts.toml")
    }

    /// Refuses what is no URL.
    pub fn check(&self, name: &str) -> Result<()> {
        if name.is_empty() || name.contains('/') {
            return Err(Error::arguments(format!("`{name}` is no registry"))
                .hint("a registry is named by its host, such as `docker.io`"));
        }
        let mut urls = self.mirrors.iter().chain(&self.server);
        match urls.find(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
            Some(url) => Err(Error::arguments(format!("`{url}` is no URL of a registry"))
                .hint("begin it with `https://`")),
            None => Ok(()),
        }
    }

    /// The text of its `hosts.toml`.
    pub fn text(&self, name: &str) -> String {
        let mut root = Map::new();
        if let Some(server) = &self.server {
            root.insert("server".into(), json!(server));
        }
        let itself = self.server.clone().unwrap_or(format!("https://{name}"));
        let asked = match self.mirrors.is_empty() {
            true => vec![itself],
            false => self.mirrors.clone(),
        };
        let mut hosts = Map::new();
        for url in asked {
            let mut host = json!({"capabilities": ["pull", "resolve"]});
            if let Some(ca) = &self.ca {
                host["ca"] = json!(ca);
            }
            for (key, set) in [
                ("skip_verify", self.skip_verify),
                ("override_path", self.override_path),
            ] {
                if set {
                    host[key] = json!(true);
                }
            }
            hosts.insert(url, host);
        }
        root.insert("host".into(), Json::Object(hosts));
        format!("# Written by k8sbm.\n{}", toml::text(&root))
    }
}

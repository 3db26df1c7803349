//! What is waited for.

use crate::kubernetes::cluster::{Cluster, Condition, Key, jsonpath, missing};
use k8sbm_core::task::Result;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::fmt;

/// What to wait for.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum For {
    /// What readiness means for the kind.
    Ready,
    /// The same, said of workloads.
    Rollout,
    /// A condition of the status.
    Condition,
    /// A value in the object.
    Jsonpath,
    /// That it is there.
    Exists,
    /// That it is gone.
    #[serde(alias = "delete")]
    Deleted,
    /// That a CustomResourceDefinition can be used.
    CrdEstablished,
    /// That a service has a pod that is ready.
    Endpoints,
    /// That a service has an address of a load balancer.
    LbIp,
}

/// What to wait for, with its particulars.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// A condition.
    Condition(Condition),
    /// A path, and what stands there.
    Jsonpath(String, Option<String>),
    /// What has no particulars.
    Plain(For),
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition(condition) => write!(f, "{} is {}", condition.kind, condition.status),
            Self::Jsonpath(path, Some(value)) => write!(f, "{path} is {value}"),
            Self::Jsonpath(path, None) => write!(f, "{path} is there"),
            Self::Plain(plain) => f.write_str(match plain {
                For::Deleted => "gone",
                For::Exists => "there",
                For::CrdEstablished => "established",
                For::Endpoints => "endpoints",
                For::LbIp => "an address of the load balancer",
                For::Rollout => "rolled out",
                _ => "ready",
            }),
        }
    }
}

impl Goal {
    /// The first object that is not as it shall be, and why.
    pub(super) async fn missing(
        &self,
        cluster: &Cluster,
        what: &str,
        found: &[Json],
    ) -> Result<Option<(Option<Json>, String)>> {
        if matches!(self, Self::Plain(For::Deleted)) {
            let there = found.first();
            return Ok(
                there.map(|it| (Some(it.clone()), format!("{} is still there", Key::of(it))))
            );
        }
        if found.is_empty() {
            return Ok(Some((None, format!("there is no {what}"))));
        }
        for object in found {
            if let Some(why) = self.missing_of(cluster, object).await? {
                let why = format!("{}: {why}", Key::of(object));
                return Ok(Some((Some(object.clone()), why)));
            }
        }
        Ok(None)
    }

    async fn missing_of(&self, cluster: &Cluster, object: &Json) -> Result<Option<String>> {
        Ok(match self {
            Self::Condition(condition) => condition.missing(object),
            Self::Jsonpath(path, value) => at_path(object, path, value.as_deref())?,
            Self::Plain(For::Endpoints) => no_endpoints(cluster, object).await?,
            Self::Plain(For::LbIp) => {
                let given = jsonpath(object, "{.status.loadBalancer.ingress[*]}")?;
                given
                    .is_empty()
                    .then(|| "no load balancer gave it an address".to_owned())
            }
            Self::Plain(For::Exists) => None,
            Self::Plain(_) => missing(object),
        })
    }
}

fn at_path(object: &Json, path: &str, wanted: Option<&str>) -> Result<Option<String>> {
    let found = jsonpath(object, path)?;
    let texts = found
        .iter()
        .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
    let texts: Vec<String> = texts.collect();
    Ok(match wanted {
        _ if texts.is_empty() => Some(format!("nothing stands at {path}")),
        Some(wanted) if texts.iter().any(|it| it != wanted) => {
            Some(format!("{path} is {}, not {wanted}", texts.join(", ")))
        }
        _ => None,
    })
}

async fn no_endpoints(cluster: &Cluster, service: &Json) -> Result<Option<String>> {
    let key = Key::of(service);
    let namespace = key.namespace.as_deref().unwrap_or("default");
    let selector = format!("kubernetes.io/service-name={}", key.name);
    let slices = cluster
        .list(&[
            "EndpointSlice.v1.discovery.k8s.io",
            "-n",
            namespace,
            "-l",
            &selector,
        ])
        .await?;
    let mut ready = 0;
    for slice in &slices {
        for endpoint in slice["endpoints"].as_array().into_iter().flatten() {
            ready += usize::from(endpoint["conditions"]["ready"] != Json::Bool(false));
        }
    }
    Ok((ready == 0).then(|| "no pod behind it is ready".to_owned()))
}

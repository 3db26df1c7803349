//! What one node says of itself: `InitConfiguration` and `JoinConfiguration`.

use super::{
    ExtraArgs,
    document::{Documents, merge, put, unless_empty},
    fields::{INIT, JOIN},
};
use crate::kubernetes::version::{KubeadmApi, Version};
use k8sbm_core::task::{Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::net::IpAddr;

/// A taint of a node.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taint {
    /// Such as `node-role.kubernetes.io/control-plane`.
    key: String,
    /// Its value, if it has one.
    value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    effect: Effect,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

impl Effect {
    fn name(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

/// What one node says of itself.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub version: &'a Version,
    pub name: Option<&'a str>,
    pub address: Option<&'a str>,
    pub advertise_address: Option<&'a str>,
    pub bind_port: Option<u16>,
    pub cri_socket: &'a str,
    pub image_pull_policy: &'a str,
    pub taints: Option<&'a [Taint]>,
    pub kubelet_extra_args: &'a ExtraArgs,
    pub patches: Option<&'a str>,
    pub skip_phases: Vec<&'a str>,
    pub more: &'a Map<String, Json>,
}

impl Node<'_> {
    /// Adds the `InitConfiguration`. The token that `kubeadm init` makes is of no use here, and lives shortly.
    pub(crate) fn init(&self, documents: &mut Documents) -> Result<()> {
        let mut init = Map::new();
        init.insert("bootstrapTokens".into(), json!([{"ttl": "15m0s"}]));
        put(&mut init, "localAPIEndpoint", self.endpoint()?);
        self.describe(&mut init)?;
        self.add(documents, &INIT, init)
    }

    /// Adds the `JoinConfiguration`, without what is secret or made while joining.
    pub(crate) fn join(&self, documents: &mut Documents, control_plane: bool) -> Result<()> {
        let mut join = Map::new();
        if control_plane {
            let mut own = Map::new();
            put(&mut own, "localAPIEndpoint", self.endpoint()?);
            join.insert("controlPlane".into(), Json::Object(own));
        }
        self.describe(&mut join)?;
        self.add(documents, &JOIN, join)
    }

    fn add(
        &self,
        documents: &mut Documents,
        kind: &super::shape::Kind,
        map: Map<String, Json>,
    ) -> Result<()> {
        let mut document = Json::Object(map);
        merge(&mut document, &Json::Object(self.more.clone()));
        let api = self.version.behaviour()?.kubeadm.name();
        documents.add(api, kind, document, self.version, "node")
    }

    fn describe(&self, map: &mut Map<String, Json>) -> Result<()> {
        put(map, "nodeRegistration", Some(self.registration()?));
        put(
            map,
            "patches",
            self.patches.map(|it| json!({"directory": it})),
        );
        if !self.skip_phases.is_empty() {
            map.insert("skipPhases".into(), self.skip_phases.clone().into());
        }
        Ok(())
    }

    fn registration(&self) -> Result<Json> {
        let behaviour = self.version.behaviour()?;
        let mut args = self.kubelet_extra_args.clone();
        if !behaviour.infra_flag && args.has("pod-infra-container-image") {
            let message = format!(
                "the kubelet of {} no longer knows `pod-infra-container-image`",
                self.version
            );
            return Err(Error::arguments(message)
                .hint("set the sandbox image in containerd's configuration")
                .about(["kubelet_extra_args", "pod-infra-container-image"]));
        }
        if let Some(address) = self.address {
            args.default_to("node-ip", ip("node_ip", address)?);
        }
        let mut map = Map::new();
        put(&mut map, "name", self.name);
        map.insert("criSocket".into(), self.cri_socket.into());
        let taint = |taint: &Taint| {
            let mut map = Map::new();
            map.insert("key".into(), taint.key.clone().into());
            put(&mut map, "value", taint.value.clone());
            map.insert("effect".into(), taint.effect.name().into());
            Json::Object(map)
        };
        let taints = self
            .taints
            .map(|taints| taints.iter().map(taint).collect::<Vec<_>>());
        put(&mut map, "taints", taints);
        put(
            &mut map,
            "kubeletExtraArgs",
            args.written(behaviour.kubeadm, "kubelet_extra_args")?,
        );
        map.insert("imagePullPolicy".into(), self.image_pull_policy.into());
        if behaviour.kubeadm == KubeadmApi::V1Beta4 {
            map.insert("imagePullSerial".into(), true.into());
        }
        Ok(Json::Object(map))
    }

    fn endpoint(&self) -> Result<Option<Json>> {
        let mut map = Map::new();
        let address = match (self.advertise_address, self.address) {
            (Some(address), _) => Some(ip("advertise_address", address)?),
            // Two families: the first one is what the API server says.
            (None, Some(address)) => address.split(',').next().map(str::to_owned),
            (None, None) => None,
        };
        put(&mut map, "advertiseAddress", address);
        put(&mut map, "bindPort", self.bind_port);
        Ok(unless_empty(map))
    }
}

/// One address, or two of both families.
fn ip(argument: &str, text: &str) -> Result<String> {
    for part in text.split(',') {
        if part.parse::<IpAddr>().is_err() {
            return Err(Error::arguments(format!("`{part}` is no IP address"))
                .hint("such as `192.168.1.11`")
                .about([argument]));
        }
    }
    Ok(text.to_owned())
}

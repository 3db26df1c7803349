//! What kubeadm's `InitConfiguration` and `JoinConfiguration` know, in v1beta3 (up to 1.30) and v1beta4 (since 1.31).

use super::shared::TAINT;
use crate::kubernetes::kubeadm::shape::{Fields, Kind, Shape::*, field};

/// `InitConfiguration`
pub(crate) const INIT: Kind = Kind {
    name: "InitConfiguration",
    fields: &[
        field("bootstrapTokens", Objects(BOOTSTRAP_TOKEN)),
        field("dryRun", Truth).since(31),
        field("nodeRegistration", Object(REGISTRATION)),
        field("localAPIEndpoint", Object(API_ENDPOINT)),
        field("certificateKey", Text),
        field("skipPhases", Texts),
        field("patches", Object(PATCHES)),
        field("timeouts", Object(TIMEOUTS)).since(31),
    ],
};

/// `JoinConfiguration`
pub(crate) const JOIN: Kind = Kind {
    name: "JoinConfiguration",
    fields: &[
        field("dryRun", Truth).since(31),
        field("nodeRegistration", Object(REGISTRATION)),
        field("caCertPath", Text),
        field("discovery", Object(DISCOVERY)),
        field("controlPlane", Object(CONTROL_PLANE)),
        field("skipPhases", Texts),
        field("patches", Object(PATCHES)),
        field("timeouts", Object(TIMEOUTS)).since(31),
    ],
};

const BOOTSTRAP_TOKEN: Fields = &[
    field("token", Text),
    field("description", Text),
    field("ttl", Text),
    field("expires", Text),
    field("usages", Texts),
    field("groups", Texts),
];

const REGISTRATION: Fields = &[
    field("name", Text),
    field("criSocket", Text),
    field("taints", Objects(TAINT)),
    field("kubeletExtraArgs", Args),
    field("ignorePreflightErrors", Texts),
    field("imagePullPolicy", Text),
    field("imagePullSerial", Truth).since(31),
];

const API_ENDPOINT: Fields = &[field("advertiseAddress", Text), field("bindPort", Number)];

const PATCHES: Fields = &[field("directory", Text)];

const TIMEOUTS: Fields = &[
    field("controlPlaneComponentHealthCheck", Text),
    field("kubeletHealthCheck", Text),
    field("kubernetesAPICall", Text),
    field("etcdAPICall", Text),
    field("tlsBootstrap", Text),
    field("discovery", Text),
    field("upgradeManifests", Text),
];

const DISCOVERY: Fields = &[
    field("bootstrapToken", Object(DISCOVERY_TOKEN)),
    field("file", Object(DISCOVERY_FILE)),
    field("tlsBootstrapToken", Text),
    field("timeout", Text).until(30),
];

const DISCOVERY_TOKEN: Fields = &[
    field("token", Text),
    field("apiServerEndpoint", Text),
    field("caCertHashes", Texts),
    field("unsafeSkipCAVerification", Truth),
];

const DISCOVERY_FILE: Fields = &[field("kubeConfigPath", Text)];

const CONTROL_PLANE: Fields = &[
    field("localAPIEndpoint", Object(API_ENDPOINT)),
    field("certificateKey", Text),
];

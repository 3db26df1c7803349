//! What kubeadm's `ClusterConfiguration` knows, in v1beta3 (up to 1.30) and v1beta4 (since 1.31).

use crate::kubernetes::kubeadm::shape::{Fields, Kind, Shape::*, field};

/// `ClusterConfiguration`
pub(crate) const CLUSTER: Kind = Kind {
    name: "ClusterConfiguration",
    fields: ALL,
};

const ALL: Fields = &[
    field("etcd", Object(ETCD)),
    field("networking", Object(NETWORKING)),
    field("kubernetesVersion", Text),
    field("controlPlaneEndpoint", Text),
    field("apiServer", Object(API_SERVER)),
    field("controllerManager", Object(COMPONENT)),
    field("scheduler", Object(COMPONENT)),
    field("dns", Object(DNS)),
    field("proxy", Object(PROXY)).since(31),
    field("certificatesDir", Text),
    field("imageRepository", Text),
    field("featureGates", TruthMap),
    field("clusterName", Text),
    field("encryptionAlgorithm", Text).since(31),
    field("certificateValidityPeriod", Text).since(31),
    field("caCertificateValidityPeriod", Text).since(31),
];

const ETCD: Fields = &[
    field("local", Object(LOCAL_ETCD)),
    field("external", Object(EXTERNAL_ETCD)),
];

const LOCAL_ETCD: Fields = &[
    field("imageRepository", Text),
    field("imageTag", Text),
    field("dataDir", Text),
    field("extraArgs", Args),
    field("extraEnvs", Open).since(31),
    field("serverCertSANs", Texts),
    field("peerCertSANs", Texts),
];

const EXTERNAL_ETCD: Fields = &[
    field("endpoints", Texts),
    field("httpEndpoints", Texts).since(35),
    field("caFile", Text),
    field("certFile", Text),
    field("keyFile", Text),
];

const NETWORKING: Fields = &[
    field("serviceSubnet", Text),
    field("podSubnet", Text),
    field("dnsDomain", Text),
];

const COMPONENT: Fields = &[
    field("extraArgs", Args),
    field("extraVolumes", Objects(VOLUME)),
    field("extraEnvs", Open).since(31),
];

const API_SERVER: Fields = &[
    field("extraArgs", Args),
    field("extraVolumes", Objects(VOLUME)),
    field("extraEnvs", Open).since(31),
    field("certSANs", Texts),
    field("timeoutForControlPlane", Text).until(30),
];

const VOLUME: Fields = &[
    field("name", Text),
    field("hostPath", Text),
    field("mountPath", Text),
    field("readOnly", Truth),
    field("pathType", Text),
];

const DNS: Fields = &[
    field("imageRepository", Text),
    field("imageTag", Text),
    field("disabled", Truth).since(31),
];

const PROXY: Fields = &[field("disabled", Truth)];

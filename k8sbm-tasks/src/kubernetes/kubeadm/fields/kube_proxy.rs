//! What `kubeproxy.config.k8s.io/v1alpha1` knows.

use super::shared::{CLIENT_CONNECTION, LOGGING};
use crate::kubernetes::kubeadm::shape::{Fields, Kind, Shape::*, field};

/// `KubeProxyConfiguration`
pub(crate) const KUBE_PROXY: Kind = Kind {
    name: "KubeProxyConfiguration",
    fields: ALL,
};

const ALL: Fields = &[
    field("featureGates", TruthMap),
    field("clientConnection", Object(CLIENT_CONNECTION)),
    field("logging", Object(LOGGING)),
    field("hostnameOverride", Text),
    field("bindAddress", Text),
    field("healthzBindAddress", Text),
    field("metricsBindAddress", Text),
    field("bindAddressHardFail", Truth),
    field("enableProfiling", Truth),
    field("showHiddenMetricsForVersion", Text),
    field("mode", Text),
    field("iptables", Object(IPTABLES)),
    field("ipvs", Object(IPVS)),
    field("nftables", Object(NFTABLES)).since(29),
    field("winkernel", Object(WINKERNEL)),
    field("detectLocalMode", Text),
    field("detectLocal", Object(DETECT_LOCAL)),
    field("clusterCIDR", Text),
    field("nodePortAddresses", Texts),
    field("oomScoreAdj", Number),
    field("conntrack", Object(CONNTRACK)),
    field("configSyncPeriod", Text),
    field("portRange", Text),
    field("windowsRunAsService", Truth),
];

const CONNTRACK: Fields = &[
    field("maxPerCore", Number),
    field("min", Number),
    field("tcpEstablishedTimeout", Text),
    field("tcpCloseWaitTimeout", Text),
    field("tcpBeLiberal", Truth).since(29),
    field("udpTimeout", Text),
    field("udpStreamTimeout", Text),
];

const DETECT_LOCAL: Fields = &[
    field("bridgeInterface", Text),
    field("interfaceNamePrefix", Text),
];

const WINKERNEL: Fields = &[
    field("networkName", Text),
    field("sourceVip", Text),
    field("enableDSR", Truth),
    field("rootHnsEndpointName", Text),
    field("forwardHealthCheckVip", Truth),
];

const NFTABLES: Fields = &[
    field("masqueradeBit", Number),
    field("masqueradeAll", Truth),
    field("syncPeriod", Text),
    field("minSyncPeriod", Text),
];

const IPVS: Fields = &[
    field("syncPeriod", Text),
    field("minSyncPeriod", Text),
    field("scheduler", Text),
    field("excludeCIDRs", Texts),
    field("strictARP", Truth),
    field("tcpTimeout", Text),
    field("tcpFinTimeout", Text),
    field("udpTimeout", Text),
];

const IPTABLES: Fields = &[
    field("masqueradeBit", Number),
    field("masqueradeAll", Truth),
    field("localhostNodePorts", Truth),
    field("syncPeriod", Text),
    field("minSyncPeriod", Text),
];

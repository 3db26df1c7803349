//! What `kubelet.config.k8s.io/v1beta1` knows.

use super::shared::{LOGGING, TAINT, TRACING};
use crate::kubernetes::kubeadm::shape::{Fields, Kind, Shape::*, field};

/// `KubeletConfiguration`
pub(crate) const KUBELET: Kind = Kind {
    name: "KubeletConfiguration",
    fields: ALL,
};

const ALL: Fields = &[
    field("enableServer", Truth),
    field("staticPodPath", Text),
    field("podLogsDir", Text).since(30),
    field("syncFrequency", Text),
    field("fileCheckFrequency", Text),
    field("httpCheckFrequency", Text),
    field("staticPodURL", Text),
    field("staticPodURLHeader", Open),
    field("address", Text),
    field("port", Number),
    field("readOnlyPort", Number),
    field("tlsCertFile", Text),
    field("tlsPrivateKeyFile", Text),
    field("tlsCipherSuites", Texts),
    field("tlsMinVersion", Text),
    field("rotateCertificates", Truth),
    field("serverTLSBootstrap", Truth),
    field("authentication", Object(AUTHENTICATION)),
    field("authorization", Object(AUTHORIZATION)),
    field("registryPullQPS", Number),
    field("registryBurst", Number),
    field("imagePullCredentialsVerificationPolicy", Text).since(33),
    field("preloadedImagesVerificationAllowlist", Texts).since(33),
    field("eventRecordQPS", Number),
    field("eventBurst", Number),
    field("enableDebuggingHandlers", Truth),
    field("enableContentionProfiling", Truth),
    field("healthzPort", Number),
    field("healthzBindAddress", Text),
    field("oomScoreAdj", Number),
    field("clusterDomain", Text),
    field("clusterDNS", Texts),
    field("streamingConnectionIdleTimeout", Text),
    field("nodeStatusUpdateFrequency", Text),
    field("nodeStatusReportFrequency", Text),
    field("nodeLeaseDurationSeconds", Number),
    field("imageMinimumGCAge", Text),
    field("imageMaximumGCAge", Text).since(29),
    field("imageGCHighThresholdPercent", Number),
    field("imageGCLowThresholdPercent", Number),
    field("volumeStatsAggPeriod", Text),
    field("kubeletCgroups", Text),
    field("systemCgroups", Text),
    field("cgroupRoot", Text),
    field("cgroupsPerQOS", Truth),
    field("cgroupDriver", Text),
    field("cpuManagerPolicy", Text),
    field("singleProcessOOMKill", Truth).since(32),
    field("cpuManagerPolicyOptions", TextMap),
    field("cpuManagerReconcilePeriod", Text),
    field("memoryManagerPolicy", Text),
    field("topologyManagerPolicy", Text),
    field("topologyManagerScope", Text),
    field("topologyManagerPolicyOptions", TextMap),
    field("qosReserved", TextMap),
    field("runtimeRequestTimeout", Text),
    field("hairpinMode", Text),
    field("maxPods", Number),
    field("podCIDR", Text),
    field("podPidsLimit", Number),
    field("resolvConf", Text),
    field("runOnce", Truth),
    field("cpuCFSQuota", Truth),
    field("cpuCFSQuotaPeriod", Text),
    field("nodeStatusMaxImages", Number),
    field("maxOpenFiles", Number),
    field("contentType", Text),
    field("kubeAPIQPS", Number),
    field("kubeAPIBurst", Number),
    field("serializeImagePulls", Truth),
    field("maxParallelImagePulls", Number).since(27),
    field("evictionHard", TextMap),
    field("evictionSoft", TextMap),
    field("evictionSoftGracePeriod", TextMap),
    field("evictionPressureTransitionPeriod", Text),
    field("evictionMaxPodGracePeriod", Number),
    field("evictionMinimumReclaim", TextMap),
    field("mergeDefaultEvictionSettings", Truth).since(32),
    field("podsPerCore", Number),
    field("enableControllerAttachDetach", Truth),
    field("protectKernelDefaults", Truth),
    field("makeIPTablesUtilChains", Truth),
    field("iptablesMasqueradeBit", Number),
    field("iptablesDropBit", Number),
    field("featureGates", TruthMap),
    field("failSwapOn", Truth),
    field("memorySwap", Object(MEMORY_SWAP)),
    field("containerLogMaxSize", Text),
    field("containerLogMaxFiles", Number),
    field("containerLogMaxWorkers", Number).since(30),
    field("containerLogMonitorInterval", Text).since(30),
    field("configMapAndSecretChangeDetectionStrategy", Text),
    field("systemReserved", TextMap),
    field("kubeReserved", TextMap),
    field("reservedSystemCPUs", Text),
    field("showHiddenMetricsForVersion", Text),
    field("systemReservedCgroup", Text),
    field("kubeReservedCgroup", Text),
    field("enforceNodeAllocatable", Texts),
    field("allowedUnsafeSysctls", Texts),
    field("volumePluginDir", Text),
    field("providerID", Text),
    field("kernelMemcgNotification", Truth),
    field("logging", Object(LOGGING)),
    field("enableSystemLogHandler", Truth),
    field("enableSystemLogQuery", Truth).since(27),
    field("shutdownGracePeriod", Text),
    field("shutdownGracePeriodCriticalPods", Text),
    field(
        "shutdownGracePeriodByPodPriority",
        Objects(SHUTDOWN_GRACE_PERIOD_BY_POD_PRIORITY),
    ),
    field("crashLoopBackOff", Object(CRASH_LOOP_BACK_OFF)).since(32),
    field("reservedMemory", Objects(MEMORY_RESERVATION)),
    field("enableProfilingHandler", Truth),
    field("enableDebugFlagsHandler", Truth),
    field("seccompDefault", Truth),
    field("memoryThrottlingFactor", Number),
    field("registerWithTaints", Objects(TAINT)),
    field("registerNode", Truth),
    field("tracing", Object(TRACING)),
    field("localStorageCapacityIsolation", Truth),
    field("containerRuntimeEndpoint", Text),
    field("imageServiceEndpoint", Text),
    field("failCgroupV1", Truth).since(31),
    field("userNamespaces", Object(USER_NAMESPACES)).since(33),
];

const USER_NAMESPACES: Fields = &[field("idsPerPod", Number)];

const MEMORY_RESERVATION: Fields = &[field("numaNode", Number), field("limits", Open)];

const CRASH_LOOP_BACK_OFF: Fields = &[field("maxContainerRestartPeriod", Text)];

const SHUTDOWN_GRACE_PERIOD_BY_POD_PRIORITY: Fields = &[
    field("priority", Number),
    field("shutdownGracePeriodSeconds", Number),
];

const MEMORY_SWAP: Fields = &[field("swapBehavior", Text)];

const AUTHORIZATION: Fields = &[
    field("mode", Text),
    field("webhook", Object(WEBHOOK_AUTHORIZATION)),
];

const WEBHOOK_AUTHORIZATION: Fields = &[
    field("cacheAuthorizedTTL", Text),
    field("cacheUnauthorizedTTL", Text),
];

const AUTHENTICATION: Fields = &[
    field("x509", Object(X509AUTHENTICATION)),
    field("webhook", Object(WEBHOOK_AUTHENTICATION)),
    field("anonymous", Object(ANONYMOUS_AUTHENTICATION)),
];

const ANONYMOUS_AUTHENTICATION: Fields = &[field("enabled", Truth)];

const WEBHOOK_AUTHENTICATION: Fields = &[field("enabled", Truth), field("cacheTTL", Text)];

const X509AUTHENTICATION: Fields = &[field("clientCAFile", Text)];

use crate::testing::{plan_on, refusal};
use k8sbm_core::connection::FakeHost;
use k8sbm_core::host::{FileChange, Host};
use k8sbm_core::task::{Act, Plan, Probe};
use std::sync::Arc;

const WHOLE: &str = "\
control_plane_endpoint: 192.168.1.100:6443
cluster_name: lab
pod_cidr: 10.244.0.0/16
service_cidr: 10.96.0.0/12
node_name: cp1
node_ip: 192.168.1.11
taints: []
cert_sans: [192.168.1.100, api.example.com]
patches: /etc/kubernetes/patches
proxy_disabled: true
encryption_config: /etc/kubernetes/encryption/config.yaml
audit_policy: /etc/kubernetes/audit/policy.yaml
kubelet_extra_args: {node-labels: rack=1}
controller_manager_extra_args: {bind-address: 0.0.0.0}
scheduler_extra_args: {bind-address: 0.0.0.0, v: 2}
etcd: {extra_args: {listen-metrics-urls: 'http://0.0.0.0:2381'}}
kubelet: {serverTLSBootstrap: true, maxPods: 110}
cluster: {apiServer: {certSANs: [10.0.0.1]}}
";

async fn rendered(yaml: &str) -> String {
    let host = Probe::of(
        "cp1",
        Arc::new(FakeHost::new().directory("/etc/kubernetes")),
    );
    let plan = plan_on(&host, "kubeadm_config", yaml).await.unwrap();
    written(plan)
}

fn written(plan: Plan) -> String {
    let file = plan.steps.into_iter().find_map(|step| match step.act {
        Act::File(FileChange::Write { content, .. }) => Some(content),
        _ => None,
    });
    String::from_utf8(file.unwrap()).unwrap()
}

async fn of(version: &str) -> String {
    rendered(&format!("{WHOLE}version: {version}\n")).await
}

#[tokio::test]
async fn up_to_1_30_arguments_are_mappings_and_the_proxy_is_skipped() {
    insta::assert_snapshot!(of("1.30.3").await, @r"
    apiVersion: kubeadm.k8s.io/v1beta3
    kind: InitConfiguration
    bootstrapTokens:
    - ttl: 15m0s
    localAPIEndpoint:
      advertiseAddress: 192.168.1.11
    nodeRegistration:
      name: cp1
      criSocket: unix:///run/containerd/containerd.sock
      taints: []
      kubeletExtraArgs:
        node-labels: rack=1
        node-ip: 192.168.1.11
      imagePullPolicy: IfNotPresent
    patches:
      directory: /etc/kubernetes/patches
    skipPhases:
    - addon/kube-proxy
    ---
    apiVersion: kubeadm.k8s.io/v1beta3
    kind: ClusterConfiguration
    clusterName: lab
    kubernetesVersion: v1.30.3
    controlPlaneEndpoint: 192.168.1.100:6443
    networking:
      podSubnet: 10.244.0.0/16
      serviceSubnet: 10.96.0.0/12
    apiServer:
      certSANs:
      - 192.168.1.100
      - api.example.com
      - 10.0.0.1
      extraArgs:
        encryption-provider-config: /etc/kubernetes/encryption/config.yaml
        audit-policy-file: /etc/kubernetes/audit/policy.yaml
        audit-log-path: /var/log/kubernetes/audit/audit.log
        audit-log-maxage: '30'
        audit-log-maxbackup: '10'
        audit-log-maxsize: '100'
      extraVolumes:
      - name: encryption-config
        hostPath: /etc/kubernetes/encryption/config.yaml
        mountPath: /etc/kubernetes/encryption/config.yaml
        readOnly: true
        pathType: File
      - name: audit-policy
        hostPath: /etc/kubernetes/audit/policy.yaml
        mountPath: /etc/kubernetes/audit/policy.yaml
        readOnly: true
        pathType: File
      - name: audit-log
        hostPath: /var/log/kubernetes/audit
        mountPath: /var/log/kubernetes/audit
        pathType: DirectoryOrCreate
    controllerManager:
      extraArgs:
        bind-address: 0.0.0.0
    scheduler:
      extraArgs:
        bind-address: 0.0.0.0
        v: '2'
    etcd:
      local:
        dataDir: /var/lib/etcd
        extraArgs:
          listen-metrics-urls: http://0.0.0.0:2381
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    cgroupDriver: systemd
    serverTLSBootstrap: true
    maxPods: 110
    ");
}

#[tokio::test]
async fn from_1_31_arguments_are_lists_and_the_proxy_is_left_out() {
    insta::assert_snapshot!(of("1.34.2").await, @r"
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    bootstrapTokens:
    - ttl: 15m0s
    localAPIEndpoint:
      advertiseAddress: 192.168.1.11
    nodeRegistration:
      name: cp1
      criSocket: unix:///run/containerd/containerd.sock
      taints: []
      kubeletExtraArgs:
      - name: node-labels
        value: rack=1
      - name: node-ip
        value: 192.168.1.11
      imagePullPolicy: IfNotPresent
      imagePullSerial: true
    patches:
      directory: /etc/kubernetes/patches
    ---
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    clusterName: lab
    kubernetesVersion: v1.34.2
    controlPlaneEndpoint: 192.168.1.100:6443
    networking:
      podSubnet: 10.244.0.0/16
      serviceSubnet: 10.96.0.0/12
    apiServer:
      certSANs:
      - 192.168.1.100
      - api.example.com
      - 10.0.0.1
      extraArgs:
      - name: encryption-provider-config
        value: /etc/kubernetes/encryption/config.yaml
      - name: audit-policy-file
        value: /etc/kubernetes/audit/policy.yaml
      - name: audit-log-path
        value: /var/log/kubernetes/audit/audit.log
      - name: audit-log-maxage
        value: '30'
      - name: audit-log-maxbackup
        value: '10'
      - name: audit-log-maxsize
        value: '100'
      extraVolumes:
      - name: encryption-config
        hostPath: /etc/kubernetes/encryption/config.yaml
        mountPath: /etc/kubernetes/encryption/config.yaml
        readOnly: true
        pathType: File
      - name: audit-policy
        hostPath: /etc/kubernetes/audit/policy.yaml
        mountPath: /etc/kubernetes/audit/policy.yaml
        readOnly: true
        pathType: File
      - name: audit-log
        hostPath: /var/log/kubernetes/audit
        mountPath: /var/log/kubernetes/audit
        pathType: DirectoryOrCreate
    controllerManager:
      extraArgs:
      - name: bind-address
        value: 0.0.0.0
    scheduler:
      extraArgs:
      - name: bind-address
        value: 0.0.0.0
      - name: v
        value: '2'
    etcd:
      local:
        dataDir: /var/lib/etcd
        extraArgs:
        - name: listen-metrics-urls
          value: http://0.0.0.0:2381
    proxy:
      disabled: true
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    cgroupDriver: systemd
    serverTLSBootstrap: true
    maxPods: 110
    ");
}

#[tokio::test]
async fn what_is_said_of_1_34_holds_for_1_36() {
    let older = of("1.34.2").await;
    assert_eq!(of("1.36.4").await, older.replace("v1.34.2", "v1.36.4"));
}

#[tokio::test]
async fn the_least_is_a_version() {
    insta::assert_snapshot!(rendered("{version: 1.36.4}").await, @r"
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    bootstrapTokens:
    - ttl: 15m0s
    nodeRegistration:
      criSocket: unix:///run/containerd/containerd.sock
      imagePullPolicy: IfNotPresent
      imagePullSerial: true
    ---
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    kubernetesVersion: v1.36.4
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    cgroupDriver: systemd
    ---
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: iptables
    ");
}

#[tokio::test]
async fn others_join_with_what_is_not_secret() {
    let join = "{kind: join, version: 1.36.4, node_name: cp2, node_ip: 192.168.1.12, control_plane: true,\
                 patches: /etc/kubernetes/patches, taints: [{key: gpu, value: 'yes', effect: NoSchedule}]}";
    insta::assert_snapshot!(rendered(join).await, @r"
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: JoinConfiguration
    controlPlane:
      localAPIEndpoint:
        advertiseAddress: 192.168.1.12
    nodeRegistration:
      name: cp2
      criSocket: unix:///run/containerd/containerd.sock
      taints:
      - key: gpu
        value: 'yes'
        effect: NoSchedule
      kubeletExtraArgs:
      - name: node-ip
        value: 192.168.1.12
      imagePullPolicy: IfNotPresent
      imagePullSerial: true
    patches:
      directory: /etc/kubernetes/patches
    ");
    let older = "{kind: join, version: 1.30.3, node_ip: 192.168.1.21, kubelet_extra_args: {v: 4}}";
    insta::assert_snapshot!(rendered(older).await, @r"
    apiVersion: kubeadm.k8s.io/v1beta3
    kind: JoinConfiguration
    nodeRegistration:
      criSocket: unix:///run/containerd/containerd.sock
      kubeletExtraArgs:
        v: '4'
        node-ip: 192.168.1.21
      imagePullPolicy: IfNotPresent
    ");
}

#[tokio::test]
async fn an_etcd_of_ones_own_is_reached_with_its_certificates() {
    let etcd = "{version: 1.36.4, etcd: {endpoints: ['https://10.0.0.1:2379'], ca_file: /e/ca.crt,\
                 cert_file: /e/client.crt, key_file: /e/client.key}}";
    let text = rendered(etcd).await;
    let (_, etcd) = text.split_once("etcd:").unwrap();
    insta::assert_snapshot!(etcd.split("---").next().unwrap(), @r"

    external:
      endpoints:
      - https://10.0.0.1:2379
      caFile: /e/ca.crt
      certFile: /e/client.crt
      keyFile: /e/client.key
    ");
    let lacking = refusal(
        "kubeadm_config",
        "{version: 1.36.4, etcd: {endpoints: ['https://10.0.0.1:2379']}}",
    );
    assert_eq!(lacking.message, "`etcd` lacks `ca_file`");
}

#[tokio::test]
async fn the_file_is_for_root_alone_and_written_once() {
    let host = FakeHost::new();
    let probe = Probe::of("cp1", Arc::new(host.clone()));
    let plan = plan_on(&probe, "kubeadm_config", "{version: 1.36.4}")
        .await
        .unwrap();
    assert_eq!(plan.returns["api_version"], "kubeadm.k8s.io/v1beta4");
    plan.apply(&Host::new(probe.clone())).await.unwrap();
    let stat = host.stat("/etc/kubernetes/kubeadm-init.yaml").unwrap();
    assert_eq!(stat.mode, 0o600);
    let again = plan_on(&probe, "kubeadm_config", "{version: 1.36.4}")
        .await
        .unwrap();
    assert!(again.is_empty());
}

#[test]
fn what_kubeadm_does_not_know_is_refused_with_its_place() {
    let said = |more: &str| {
        let refused = refusal("kubeadm_config", &format!("{{version: 1.34.2, {more}}}"));
        let place = refused.span().map(|span| span.text().to_owned());
        let help = refused
            .help
            .map(|help| format!(" ({help})"))
            .unwrap_or_default();
        format!("{}: {}{help}", place.unwrap_or_default(), refused.message)
    };
    let all = [
        "kubelet: {maxPodz: 110}",
        "kubelet: {maxPods: '110'}",
        "kubelet: {authentication: {x509: {clientCAfile: /a}}}",
        "kube_proxy: {conntrack: {maxPerCore: 0, minimum: 0}}",
        "cluster: {apiServer: {timeoutForControlPlane: 4m0s}}",
        "cluster: {apiServer: {extraVolumes: [{name: a}, {nam: b}]}}",
        "node: {nodeRegistration: {kubeletExtraArgs: {v: 2}}}",
        "apiserver_extra_args: {--v: 2}",
        "kubelet_extra_args: {v: {a: 1}}",
        "pod_cidr: 10.244.0.0",
        "node_ip: cp1",
    ];
    insta::assert_snapshot!(all.map(said).join("\n"), @r#"
    maxPodz: KubeletConfiguration has no field `kubelet.maxPodz` (did you mean `maxPods`?)
    maxPods: `kubelet.maxPods` takes a number, not "110"
    clientCAfile: KubeletConfiguration has no field `kubelet.authentication.x509.clientCAfile` (did you mean `clientCAFile`?)
    minimum: KubeProxyConfiguration has no field `kube_proxy.conntrack.minimum`
    timeoutForControlPlane: ClusterConfiguration of v1.34.2 has no field `cluster.apiServer.timeoutForControlPlane` (it is there up to 1.30)
    nam: ClusterConfiguration has no field `cluster.apiServer.extraVolumes[1].nam` (did you mean `name`?)
    kubeletExtraArgs: `node.nodeRegistration.kubeletExtraArgs` takes a list, not {"v":2}
    --v: `--v` is no name of an argument (without dashes: `v`)
    v: the argument `v` takes text, not {"a":1}
    pod_cidr: `10.244.0.0` is no network (such as `10.244.0.0/16`)
    node_ip: `cp1` is no IP address (such as `192.168.1.11`)
    "#);
}

#[test]
fn what_a_release_does_not_have_yet_or_any_more_is_refused() {
    let said = |arguments: &str| refusal("kubeadm_config", arguments).message;
    assert_eq!(
        said("{version: 1.30.3, kubelet: {failCgroupV1: false}}"),
        "KubeletConfiguration of v1.30.3 has no field `kubelet.failCgroupV1`"
    );
    assert_eq!(
        said("{version: 1.35.1, kubelet_extra_args: {pod-infra-container-image: a}}"),
        "the kubelet of v1.35.1 no longer knows `pod-infra-container-image`"
    );
    assert_eq!(
        said("{version: 1.30.3, scheduler_extra_args: {v: [1, 2]}}"),
        "`v` can be given only once before Kubernetes 1.31"
    );
    assert_eq!(
        said("{version: 1.26.3}"),
        "Kubernetes v1.26.3 is not supported"
    );
}

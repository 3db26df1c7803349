use super::*;
use crate::{
    kubernetes::cluster::{Api, yaml},
    testing::{arguments, refusal, told},
};
use k8sbm_core::node::from_node;

fn values(text: &str) -> String {
    let cilium: Cilium = from_node(&arguments(text)).unwrap();
    yaml(&cilium.values())
}

#[test]
fn values_stand_in_for_kube_proxy() {
    insta::assert_snapshot!(values("{version: 1.20.1, api_host: 192.168.1.100, prometheus: true, wireguard: true, values: {operator: {replicas: 1}}}"), @r"
        kubeProxyReplacement: true
        ipam:
          mode: kubernetes
        operator:
          replicas: 1
          prometheus:
            enabled: true
        hubble:
          relay:
            enabled: true
          ui:
            enabled: true
          metrics:
            enabled:
            - dns
            - drop
            - tcp
            - flow
            - port-distribution
            - icmp
            - httpV2
        rollOutCiliumPods: true
        k8sServiceHost: 192.168.1.100
        k8sServicePort: 6443
        k8s:
          requireIPv4PodCIDR: true
        encryption:
          enabled: true
          type: wireguard
        prometheus:
          enabled: true
        ");
}

#[test]
fn values_route_natively() {
    insta::assert_snapshot!(values("{kube_proxy_replacement: false, routing: native, ipam: cluster-pool, pod_cidr: 10.0.0.0/8, hubble: false, devices: [eth1], mtu: 9000, operator_replicas: 1}"), @r"
        kubeProxyReplacement: false
        ipam:
          mode: cluster-pool
          operator:
            clusterPoolIPv4PodCIDRList:
            - 10.0.0.0/8
        operator:
          replicas: 1
        hubble:
          relay:
            enabled: false
          ui:
            enabled: false
        rollOutCiliumPods: true
        routingMode: native
        ipv4NativeRoutingCIDR: 10.0.0.0/8
        autoDirectNodeRoutes: true
        devices:
        - eth1
        MTU: 9000
        ");
}

#[tokio::test]
async fn it_does_not_stand_beside_kube_proxy() {
    let proxy = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "kube-proxy", "namespace": "kube-system"}});
    let told = told(
        &Api::with([proxy]).probe(),
        "cilium",
        "{api_host: 10.0.0.9}",
    )
    .await;
    assert!(
        told.starts_with("error: kube-proxy runs in this cluster"),
        "{told}"
    );
}

#[test]
fn what_is_needed_is_asked_for() {
    insta::assert_snapshot!(refusal("cilium", "{version: 1.20.1}").message, @"`api_host` is needed where Cilium stands in for kube-proxy");
    assert!(
        refusal("cilium", "{kube_proxy_replacement: false, routing: native}")
            .message
            .contains("`pod_cidr` is needed")
    );
}

use super::*;
use crate::{
    kubernetes::cluster::{Api, yaml},
    testing::{arguments, refusal, told},
};
use k8sbm_core::node::from_node;

fn values(text: &str) -> String {
    let calico: Calico = from_node(&arguments(text)).unwrap();
    yaml(&calico.values())
}

#[test]
fn values_say_the_network() {
    insta::assert_snapshot!(values("{version: v3.32.2, pod_cidr: 10.244.0.0/16, node_networks: [192.168.1.0/24], dataplane: Nftables}"), @r"
        apiServer:
          enabled: true
        goldmane:
          enabled: false
        whisker:
          enabled: false
        installation:
          enabled: true
          calicoNetwork:
            bgp: Disabled
            ipPools:
            - name: default-ipv4-ippool
              cidr: 10.244.0.0/16
              encapsulation: VXLANCrossSubnet
              natOutgoing: Enabled
              blockSize: 26
              nodeSelector: all()
            nodeAddressAutodetectionV4:
              cidrs:
              - 192.168.1.0/24
            linuxDataplane: Nftables
        ");
}

#[test]
fn values_say_the_mirror_and_the_api() {
    let values = values(
        "{pod_cidr: 10.0.0.0/8, encapsulation: None, registry: r.example.org/, api_host: 10.0.0.9, interface: eth1, mtu: 9000}",
    );
    for line in [
        "    bgp: Enabled",
        "  registry: r.example.org\n",
        "  registry: r.example.org/",
        "  host: 10.0.0.9\n  port: '6443'",
        "      interface: eth1",
        "    mtu: 9000",
    ] {
        assert!(values.contains(line), "{line}\n{values}");
    }
}

#[tokio::test]
async fn a_pool_keeps_its_network() {
    let installation = json!({"apiVersion": "operator.tigera.io/v1", "kind": "Installation", "metadata": {"name": "default"}, "spec": {"calicoNetwork": {"ipPools": [{"cidr": "10.9.0.0/16"}]}}});
    let told = told(
        &Api::with([installation]).probe(),
        "calico",
        "{pod_cidr: 10.244.0.0/16}",
    )
    .await;
    assert!(
        told.starts_with("error: Calico gives pods addresses of 10.9.0.0/16"),
        "{told}"
    );
}

#[test]
fn what_cannot_be_is_refused() {
    assert!(
        refusal("calico", "{pod_cidr: x}")
            .message
            .contains("no network")
    );
    assert!(
        refusal(
            "calico",
            "{pod_cidr: 10.0.0.0/8, encapsulation: IPIP, bgp: false}"
        )
        .message
        .contains("needs `bgp`")
    );
}

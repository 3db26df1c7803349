//! Flannel's manifest, and Flannel in an API in memory.

use super::*;
use crate::{
    kubernetes::cluster::{Api, yaml},
    testing::{Desk, apply_on, arguments, probe, refusal, told},
};
use k8sbm_core::{connection::FakeHost, node::from_node};

const ARGUMENTS: &str = "{version: 0.28.9, cni_plugin_version: 1.9.1-flannel3, pod_cidr: 10.244.0.0/16, direct_routing: true, wait: false}";

#[test]
fn the_manifest_is_flannels_own() {
    let flannel: Flannel = from_node(&arguments(ARGUMENTS)).unwrap();
    let texts: Vec<String> = flannel.manifest().unwrap().iter().map(yaml).collect();
    insta::assert_snapshot!(texts.join("---\n"));
}

#[test]
fn backend_interface_and_images_are_as_asked() {
    let yaml_of = "{image: r/f:1, cni_plugin_image: r/p:1, pod_cidr: 10.0.0.0/8, backend: host-gw, interface: eth1, mtu: 9000}";
    let flannel: Flannel = from_node(&arguments(yaml_of)).unwrap();
    let manifest = flannel.manifest().unwrap();
    let pod = &manifest[5]["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["args"][2], "--iface=eth1");
    assert_eq!(pod["initContainers"][0]["image"], "r/p:1");
    insta::assert_snapshot!(manifest[4]["data"]["net-conf.json"].as_str().unwrap(), @r#"
    {
      "Network": "10.0.0.0/8",
      "Backend": {
        "Type": "host-gw"
      }
    }
    "#);
}

#[tokio::test]
async fn it_is_installed_once_and_changes_its_backend_never() {
    let api = Api::default();
    let first = told(&api.probe(), "flannel", ARGUMENTS).await;
    assert!(first.starts_with("create Namespace kube-flannel, ServiceAccount kube-flannel/flannel, ClusterRole flannel"), "{first}");
    apply_on(&api.probe(), "flannel", ARGUMENTS).await.unwrap();
    assert_eq!(told(&api.probe(), "flannel", ARGUMENTS).await, "");
    let routed = ARGUMENTS.replace(", direct_routing: true", "");
    let changed = told(&api.probe(), "flannel", &routed).await;
    assert!(
        changed.starts_with("change ConfigMap kube-flannel/kube-flannel-cfg, DaemonSet"),
        "{changed}"
    );
    let other = ARGUMENTS.replace("direct_routing: true", "backend: host-gw");
    insta::assert_snapshot!(told(&api.probe(), "flannel", &other).await, @r"
    error: Flannel runs with the backend vxlan, and cannot change to host-gw while it runs
    hint: delete it with `k8s` and `state: absent`, reboot the nodes, and install it anew
    ");
}

#[tokio::test]
async fn without_a_cluster_it_is_still_to_come() {
    let host = probe(FakeHost::new(), Desk::default());
    assert!(
        told(&host, "flannel", ARGUMENTS)
            .await
            .starts_with("create Namespace kube-flannel")
    );
}

#[test]
fn arguments_that_do_not_go_together_are_refused() {
    let with = |more: &str| {
        refusal(
            "flannel",
            &format!("{{version: 1, cni_plugin_version: 1, pod_cidr: 10.244.0.0/16, {more}}}"),
        )
        .message
    };
    insta::assert_snapshot!(with("backend: host-gw, direct_routing: true"), @"`direct_routing` goes with `backend: vxlan`");
    insta::assert_snapshot!(refusal("flannel", "{pod_cidr: 10.244.0.0/16}").message, @"no image of flannel is named");
    insta::assert_snapshot!(refusal("flannel", "{version: 1, cni_plugin_version: 1, pod_cidr: 10.244.0.0}").message, @"`pod_cidr` is `10.244.0.0`, which is no network");
}

//! What each firewall lets through, tried from a host of the cluster and from a stranger.

use k8sbm_tests::{
    fleet::{self, Suite},
    hosts::Hosts,
};
use std::fs;

/// The first host is none of the cluster's, nor in its network.
const INVENTORY: &str = "
[control_plane]
wall2

[workers]
wall3

[all:vars]
node_network=NETWORK.12/31
pod_cidr=10.244.0.0/16
network_plugin=flannel
api_load_balancer=kube-vip
";

const PLAYBOOK: &str = "
- hosts: control_plane:workers
  become: true
  roles: [ROLES/firewall]
";

/// What listens: etcd, the API, a kubelet, a node port, and what nobody knows of.
const PORTS: [u16; 5] = [2379, 6443, 10250, 30080, 9999];

/// Ports of a host that answer to another.
fn reached(hosts: &Hosts, from: &str, to: &str) -> String {
    let address = hosts.fleet.host(to).address;
    let ports = PORTS.map(|port| port.to_string()).join(" ");
    let ask = format!(
        "for port in 22 {ports}; do timeout 5 bash -c \"exec 3<>/dev/tcp/{address}/$port\" 2>/dev/null && echo $port; done; true"
    );
    hosts
        .fleet
        .exec(from, &ask)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn keeps_strangers_out(firewall: &str) {
    let hosts = match Hosts::acquire(3, "wall", Suite::Bookworm, INVENTORY) {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    let roles = concat!(env!("CARGO_MANIFEST_DIR"), "/../playbooks/roles");
    let own = hosts.file("firewall.yml");
    fs::write(&own, PLAYBOOK.replace("ROLES", roles)).expect("the playbook can be written");
    let playbook = own.display().to_string();
    let listen = |host: &str| {
        let script = PORTS.map(|port| {
            format!("systemd-run --quiet socat TCP-LISTEN:{port},reuseaddr,fork EXEC:true")
        });
        hosts.fleet.exec(host, &script.join("\n"));
        hosts.until(
            host,
            "ss -Hltn | grep -cE ':(2379|6443|10250|30080|9999) '",
            "5",
        );
    };
    listen("wall2");
    listen("wall3");
    let all = "22 2379 6443 10250 30080 9999";
    assert_eq!(reached(&hosts, "wall1", "wall2"), all);

    let flags = ["-e", &format!("firewall={firewall}")];
    hosts.run(&playbook, &flags);
    hosts.quiet(&playbook, &flags);
    let holds = || {
        assert_eq!(reached(&hosts, "wall1", "wall2"), "22 6443 30080");
        assert_eq!(
            reached(&hosts, "wall3", "wall2"),
            "22 2379 6443 10250 30080"
        );
        assert_eq!(reached(&hosts, "wall1", "wall3"), "22 30080");
        assert_eq!(reached(&hosts, "wall2", "wall3"), "22 10250 30080");
    };
    holds();
    // The rules are there again when the host is.
    hosts.fleet.kill("wall2");
    hosts.fleet.start("wall2");
    hosts.until(
        "wall2",
        "systemctl is-system-running --wait >/dev/null; echo up",
        "up",
    );
    listen("wall2");
    holds();
    hosts.quiet(&playbook, &flags);
}

#[test]
fn ufw_keeps_strangers_out() {
    keeps_strangers_out("ufw");
}

#[test]
fn firewalld_keeps_strangers_out() {
    keeps_strangers_out("firewalld");
}

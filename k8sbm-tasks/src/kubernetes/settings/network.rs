//! The networks: of nodes, pods and services.

use super::reading::{Placed, Reading};
use ipnet::IpNet;

/// The networks that could be read.
#[derive(Debug, Default)]
pub(super) struct Networks {
    pub nodes: Option<Placed<IpNet>>,
    pub pods: Option<Placed<IpNet>>,
}

/// Bits that a node's share of the pods' network has, unless said otherwise (kube-controller-manager's default).
const NODE_MASK: u8 = 24;

/// Networks that do not overlap, and are large enough.
pub(super) fn check(reading: &mut Reading<'_>) -> Networks {
    let mut read = |name: &'static str, what: &str| {
        let said = reading.required(name, what)?;
        let network: Placed<IpNet> = reading.parsed(&said, name, what)?;
        if network.value.addr() != network.value.network() {
            reading.wrong(
                &network.span,
                format!(
                    "`{name}` is `{}`, which is an address in a network",
                    network.value
                ),
                format!("the network is `{}`", network.value.trunc()),
            );
        }
        Some((name, network))
    };
    let nodes = read(
        "node_network",
        "the network of the hosts, such as `192.168.1.0/24`",
    );
    let pods = read(
        "pod_cidr",
        "the network of the pods, such as `10.244.0.0/16`",
    );
    let services = read(
        "service_cidr",
        "the network of services, such as `10.96.0.0/12`",
    );
    let known: Vec<_> = [&nodes, &pods, &services].into_iter().flatten().collect();
    for (at, (name, network)) in known.iter().enumerate() {
        for (other, earlier) in &known[..at] {
            let (own, theirs) = (network.value, earlier.value);
            if own.contains(&theirs) || theirs.contains(&own) {
                reading.wrong(
                    &network.span,
                    format!("`{name}` {own} overlaps with `{other}` {theirs}"),
                    "networks of nodes, pods and services must be apart",
                );
            }
        }
    }
    if let Some((_, pods)) = &pods {
        room_for_nodes(reading, pods);
    }
    Networks {
        nodes: nodes.map(|(_, network)| network),
        pods: pods.map(|(_, network)| network),
    }
}

fn room_for_nodes(reading: &mut Reading<'_>, pods: &Placed<IpNet>) {
    let nodes = reading.group("control_plane").len() + reading.group("workers").len();
    if pods.value.addr().is_ipv6() {
        return;
    }
    let room = match NODE_MASK.checked_sub(pods.value.prefix_len()) {
        Some(bits) => 1_usize << bits,
        None => 0,
    };
    if room < nodes {
        reading.wrong(
            &pods.span,
            format!("`pod_cidr` {} has room for {room} nodes of a /{NODE_MASK} each, and there are {nodes}", pods.value),
            "take a larger network, such as a /16",
        );
    }
}

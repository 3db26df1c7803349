//! With bridges, the inventory says which pods are on which host.

use super::{network::Networks, reading::Reading};
use ipnet::IpNet;
use std::sync::Arc;

/// Each node has a network of its own within that of the pods.
pub(super) fn check(reading: &mut Reading<'_>, networks: &Networks) {
    let plugin = reading.said("network_plugin");
    let Some(plugin) = plugin.filter(|said| said.text() == "bridge") else {
        return;
    };
    let mut hosts = reading.group("workers");
    hosts.extend(reading.group("control_plane"));
    let mut found: Vec<(Arc<str>, IpNet)> = Vec::new();
    for (at, host) in hosts.iter().enumerate() {
        let Some(said) = reading.of_host(host, "pod_subnet") else {
            // In the Hard Way, hosts of the control plane are no nodes.
            if at < reading.group("workers").len() {
                reading.wrong(
                    &plugin.span,
                    format!("{host} has no `pod_subnet`"),
                    "with bridges, each node has a network within `pod_cidr`, such as `10.200.0.0/24`",
                );
            }
            continue;
        };
        let what = "a network within `pod_cidr`, such as `10.200.0.0/24`";
        let Some(own) = reading.parsed::<IpNet>(&said, "pod_subnet", what) else {
            continue;
        };
        if let Some(pods) = &networks.pods
            && !pods.value.contains(&own.value)
        {
            reading.wrong(
                &own.span,
                format!(
                    "the `pod_subnet` {} of {host} is not in `pod_cidr` {}",
                    own.value, pods.value
                ),
                "take a part of it",
            );
        }
        let both = |other: &IpNet| other.contains(&own.value) || own.value.contains(other);
        if let Some((other, theirs)) = found
            .iter()
            .find(|(other, theirs)| *other != *host && both(theirs))
        {
            reading.wrong(
                &own.span,
                format!(
                    "the `pod_subnet` {} of {host} overlaps with {theirs} of {other}",
                    own.value
                ),
                "each node has a network of its own",
            );
        }
        found.push((host.clone(), own.value));
    }
}

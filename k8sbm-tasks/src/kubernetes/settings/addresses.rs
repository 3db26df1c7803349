//! The addresses: of hosts, of the API, and those that services get.

use super::{
    network::Networks,
    range::Range,
    reading::{Placed, Reading},
};
use k8sbm_core::vars::Said;
use std::{collections::HashMap, net::IpAddr, sync::Arc};

/// How the API is reached: see `docs` of the roles.
const LOAD_BALANCERS: [&str; 5] = ["keepalived", "haproxy", "kube_vip", "external", "none"];

/// The port that API servers listen on.
const SERVER_PORT: u16 = 6443;

/// Addresses that are in the network of the nodes, and nobody has twice.
pub(super) fn check(reading: &mut Reading<'_>, networks: &Networks) {
    let hosts = of_hosts(reading, networks);
    let pools = of_services(reading, networks);
    for (host, address) in &hosts {
        in_no_pool(reading, &pools, address, &format!("the address of {host}"));
    }
    let said = reading.required(
        "api_load_balancer",
        "how the API is reached: `keepalived`, `haproxy`, `kube_vip`, `external` or `none`",
    );
    let way = said.and_then(|said| reading.choice(&said, "api_load_balancer", &LOAD_BALANCERS));
    let Some(way) = way.filter(|way| way != "none") else {
        return;
    };
    port(reading, &way);
    let Some(said) = reading.required(
        "api_address",
        "the address at which the API is reached, such as `192.168.1.100`",
    ) else {
        return;
    };
    // The name of an external load balancer is not ours to judge.
    if way == "external" && said.text().parse::<IpAddr>().is_err() {
        return;
    }
    let Some(api) =
        reading.parsed::<IpAddr>(&said, "api_address", "an address, such as `192.168.1.100`")
    else {
        return;
    };
    in_no_pool(reading, &pools, &api, "`api_address`");
    if way == "external" {
        return;
    }
    in_network(reading, networks, &api, "`api_address`");
    if let Some((host, _)) = hosts.iter().find(|(_, address)| address.value == api.value) {
        reading.wrong(
            &api.span,
            format!("`api_address` {} is the address of {host}", api.value),
            "the API's address moves between hosts: none has it as its own",
        );
    }
}

fn of_hosts(reading: &mut Reading<'_>, networks: &Networks) -> Vec<(Arc<str>, Placed<IpAddr>)> {
    let (mut found, mut owners) = (Vec::new(), HashMap::<IpAddr, Arc<str>>::new());
    for host in reading.group("all") {
        let Some(said) = reading.of_host(&host, "node_address") else {
            reading.wrong(
                &k8sbm_core::node::Span::none(),
                format!("{host} has no `node_address`"),
                "the address at which the other hosts reach it",
            );
            continue;
        };
        let Some(address) =
            reading.parsed::<IpAddr>(&said, "node_address", "an address, such as `192.168.1.11`")
        else {
            continue;
        };
        in_network(
            reading,
            networks,
            &address,
            &format!("the address of {host}"),
        );
        if let Some(other) = owners.insert(address.value, host.clone()) {
            reading.wrong(
                &address.span,
                format!("{host} and {other} have the same address {}", address.value),
                "each host has an address of its own",
            );
        }
        found.push((host, address));
    }
    found
}

fn of_services(reading: &mut Reading<'_>, networks: &Networks) -> Vec<Placed<Range>> {
    let Some(said) = reading.said("service_addresses") else {
        return Vec::new();
    };
    let Ok(items) = said.value.try_iter() else {
        return Vec::new();
    };
    let one = |item| Said {
        value: item,
        span: said.span.clone(),
    };
    let ranges: Vec<_> = items
        .filter_map(|item| {
            reading.parsed::<Range>(
                &one(item),
                "service_addresses",
                "a list of ranges, such as `192.168.1.200-192.168.1.250`",
            )
        })
        .collect();
    for range in &ranges {
        if let Some(nodes) = &networks.nodes
            && !range.value.is_in(&nodes.value)
        {
            reading.wrong(
                &range.span,
                format!(
                    "`service_addresses` {} are not in `node_network` {}",
                    range.value, nodes.value
                ),
                "nobody outside would find them: they are announced in the hosts' own network",
            );
        }
    }
    ranges
}

fn in_network(
    reading: &mut Reading<'_>,
    networks: &Networks,
    address: &Placed<IpAddr>,
    what: &str,
) {
    if let Some(nodes) = &networks.nodes
        && !nodes.value.contains(&address.value)
    {
        reading.wrong(
            &address.span,
            format!(
                "{what} {} is not in `node_network` {}",
                address.value, nodes.value
            ),
            "correct the address or the network",
        );
    }
}

fn in_no_pool(
    reading: &mut Reading<'_>,
    pools: &[Placed<Range>],
    address: &Placed<IpAddr>,
    what: &str,
) {
    if let Some(pool) = pools.iter().find(|pool| pool.value.contains(address.value)) {
        reading.wrong(
            &address.span,
            format!(
                "{what} {} is in `service_addresses` {}",
                address.value, pool.value
            ),
            "a service could be given the same address: take it out of the range",
        );
    }
}

/// HAProxy on the hosts of API servers needs a port of its own, unless the servers are bound to their own address.
fn port(reading: &mut Reading<'_>, way: &str) {
    let Some(said) = reading.said("api_port") else {
        return;
    };
    let Some(port) = reading.parsed::<u16>(&said, "api_port", "a port, such as 6443") else {
        return;
    };
    let same = port.value == SERVER_PORT;
    let shares = reading
        .said("api_same_port")
        .is_some_and(|said| said.value.is_true());
    match way {
        "haproxy" if same && !shares => reading.wrong(
            &port.span,
            "`api_port` 6443 is the API server's own, which runs on the same hosts as HAProxy",
            "take another port, such as 8443, or set `api_same_port: true`",
        ),
        "keepalived" | "kube_vip" if !same => reading.wrong(
            &port.span,
            format!(
                "`api_port` is {}, and nothing but the API server on 6443 listens at the address",
                port.value
            ),
            "take 6443, or `api_load_balancer: haproxy`",
        ),
        _ => {}
    }
}

//! Interfaces, addresses, routes.

use super::Facts;
use super::gathered::{Gathered, base_name};
use indexmap::IndexMap;
use ipnet::Ipv4Net;
use serde_json::{Map, Value as Json, json};
use std::net::Ipv4Addr;

/// Where the kernel tells of interfaces.
const DIRECTORY: &str = "/sys/class/net/";

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let mut network = Network::default();
    let speeds = gathered.record("speeds").unwrap_or_default();
    let speed_of = |name: &str| {
        let path = format!("{DIRECTORY}{name}/speed ");
        let speed = speeds.lines().find_map(|line| line.strip_prefix(&path))?;
        speed.parse::<i64>().ok()
    };
    for (path, _) in gathered.files_below(DIRECTORY) {
        if let Some((name, "mtu")) = path[DIRECTORY.len()..].split_once('/') {
            let mut interface = interface(gathered, name);
            if let Some(speed) = speed_of(name) {
                interface.insert("speed".into(), speed.into());
            }
            network.interfaces.insert(name.into(), interface);
        }
    }
    for line in gathered.record("network").unwrap_or_default().lines() {
        network.read(line);
    }
    network.complete();
    facts.insert(
        "interfaces".into(),
        network.interfaces.keys().cloned().collect(),
    );
    facts.insert("default_ipv4".into(), network.default_ipv4.into());
    facts.insert("default_ipv6".into(), network.default_ipv6.into());
    facts.insert("all_ipv4_addresses".into(), network.ipv4.into());
    facts.insert("all_ipv6_addresses".into(), network.ipv6.into());
    facts.insert(
        "locally_reachable_ips".into(),
        json!({ "ipv4": network.local_ipv4, "ipv6": network.local_ipv6 }),
    );
    for (name, interface) in network.interfaces {
        // As in Ansible, whose variables cannot hold these characters.
        facts.insert(name.replace(['-', ':', '.'], "_"), interface.into());
    }
    let initiator = gathered
        .file("/etc/iscsi/initiatorname.iscsi")
        .unwrap_or_default();
    let initiator = initiator
        .lines()
        .find_map(|line| line.strip_prefix("InitiatorName="));
    facts.insert(
        "iscsi_iqn".into(),
        initiator.unwrap_or_default().trim().into(),
    );
    let host = gathered.value("/etc/nvme/hostnqn").unwrap_or_default();
    facts.insert("hostnqn".into(), host.into());
    let ports = gathered.files_below("/sys/class/fc_host/");
    let ports = ports.map(|(_, name)| Json::from(name.trim().trim_start_matches("0x")));
    facts.insert("fibre_channel_wwn".into(), ports.collect());
}

#[derive(Default)]
struct Network {
    interfaces: IndexMap<String, Map<String, Json>>,
    default_ipv4: Map<String, Json>,
    default_ipv6: Map<String, Json>,
    ipv4: Vec<String>,
    ipv6: Vec<String>,
    local_ipv4: Vec<String>,
    local_ipv6: Vec<String>,
}

impl Network {
    /// Reads a line of `ip -o`: an address, a local route, or the way to the world.
    fn read(&mut self, line: &str) {
        let line = line.split('\\').next().unwrap_or_default();
        let words: Vec<_> = line.split_whitespace().collect();
        let after = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at + 1).copied()
        };
        match words[..] {
            ["local", address, ..] => {
                let addresses = match address.contains(':') {
                    true => &mut self.local_ipv6,
                    false => &mut self.local_ipv4,
                };
                if !addresses.iter().any(|known| known == address) {
                    addresses.push(address.to_owned());
                }
            }
            [_, device, "inet", address, ..] => {
                let label = words
                    .iter()
                    .rposition(|word| *word == "global" || *word == "host" || *word == "link");
                let label = label.and_then(|at| words[at + 1..].iter().find(|word| !is_flag(word)));
                let secondary = words.contains(&"secondary");
                let broadcast = after("brd").unwrap_or_default();
                self.add_ipv4(
                    device,
                    label.unwrap_or(&device),
                    address,
                    broadcast,
                    secondary,
                );
            }
            [_, device, "inet6", address, ..] => {
                let address = after("peer").unwrap_or(address);
                let (address, prefix) = address.split_once('/').unwrap_or((address, "128"));
                let scope = after("scope").unwrap_or_default();
                let fact = json!({ "address": address, "prefix": prefix, "scope": scope });
                push(self.interface(device), "ipv6", fact);
                if address != "::1" {
                    self.ipv6.push(address.to_owned());
                }
                self.local_ipv6.push(address.to_owned());
            }
            ["8.8.8.8" | "2404:6800:400a:800::1012", ..] => {
                let default = match words[0].contains(':') {
                    true => &mut self.default_ipv6,
                    false => &mut self.default_ipv4,
                };
                for (fact, word) in [("interface", "dev"), ("address", "src"), ("gateway", "via")] {
                    if let Some(value) = after(word) {
                        default.insert(fact.into(), value.into());
                    }
                }
            }
            _ => {}
        }
    }

    fn interface(&mut self, name: &str) -> &mut Map<String, Json> {
        self.interfaces.entry(name.to_owned()).or_default()
    }

    fn add_ipv4(
        &mut self,
        device: &str,
        label: &str,
        address: &str,
        broadcast: &str,
        secondary: bool,
    ) {
        // A point-to-point interface has no prefix.
        let net = address.parse::<Ipv4Net>();
        let net = net.or_else(|_| address.parse::<Ipv4Addr>().map(Ipv4Net::from));
        let Ok(net) = net else { return };
        let fact = json!({
            "address": net.addr().to_string(),
            "broadcast": broadcast,
            "netmask": net.netmask().to_string(),
            "network": net.network().to_string(),
            "prefix": net.prefix_len().to_string(),
        });
        if !net.addr().is_loopback() {
            self.ipv4.push(net.addr().to_string());
        }
        let interface = self.interface(device);
        if !secondary && !interface.contains_key("ipv4") {
            interface.insert("ipv4".into(), fact.clone());
        } else {
            push(interface, "ipv4_secondaries", fact.clone());
        }
        // A label such as `eth0:1` counts as an interface of its own.
        if label != device {
            let labelled = self.interface(label);
            labelled.entry("ipv4").or_insert(fact);
        }
    }

    /// Fills in what the interfaces know of the default addresses.
    fn complete(&mut self) {
        for (default, family) in [
            (&mut self.default_ipv4, "ipv4"),
            (&mut self.default_ipv6, "ipv6"),
        ] {
            let named = |default: &Map<String, Json>, name: &str| {
                default.get(name).and_then(Json::as_str).map(str::to_owned)
            };
            let (Some(device), Some(address)) =
                (named(default, "interface"), named(default, "address"))
            else {
                default.clear();
                continue;
            };
            let Some(interface) = self.interfaces.get(&device) else {
                continue;
            };
            let lists = ["ipv4", "ipv4_secondaries", "ipv6"].map(|name| interface.get(name));
            let facts = lists.into_iter().flatten().flat_map(|fact| match fact {
                Json::Array(facts) => facts.iter().collect(),
                fact => vec![fact],
            });
            let mut facts = facts.filter_map(Json::as_object);
            if let Some(fact) =
                facts.find(|fact| fact.get("address").is_some_and(|it| *it == address))
            {
                default.extend(fact.clone());
                if family == "ipv4" {
                    default.insert("alias".into(), device.into());
                }
                for name in ["macaddress", "mtu", "type"] {
                    if let Some(value) = interface.get(name) {
                        default.insert(name.into(), value.clone());
                    }
                }
            }
        }
    }
}

fn is_flag(word: &str) -> bool {
    [
        "secondary",
        "dynamic",
        "noprefixroute",
        "deprecated",
        "tentative",
        "permanent",
        "mngtmpaddr",
        "temporary",
    ]
    .contains(&word)
}

fn push(interface: &mut Map<String, Json>, list: &str, fact: Json) {
    if let Json::Array(facts) = interface.entry(list).or_insert_with(|| json!([])) {
        facts.push(fact);
    }
}

/// What the kernel says of an interface.
fn interface(gathered: &Gathered, name: &str) -> Map<String, Json> {
    let directory = format!("{DIRECTORY}{name}/");
    let text = |file: &str| gathered.value(&format!("{directory}{file}"));
    let number = |file: &str| text(file).and_then(|text| text.parse::<i64>().ok());
    let mut facts = Map::new();
    let mut put = |name: &str, value: Json| drop(facts.insert(name.to_owned(), value));
    put("device", name.into());
    if let Some(address) = text("address").filter(|address| *address != "00:00:00:00:00:00") {
        put("macaddress", address.into());
    }
    put("mtu", number("mtu").into());
    put("active", (text("operstate") != Some("down")).into());
    put("type", kind(text("type").unwrap_or_default()).into());
    let flags = text("flags")
        .and_then(|flags| u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok());
    if let Some(flags) = flags {
        put("promisc", (flags & 0x100 != 0).into());
    }
    if let Some(target) = gathered.link(&format!("{directory}device")) {
        put("pciid", base_name(target).into());
    }
    if let Some(target) = gathered.link(&format!("{directory}device/driver/module")) {
        put("module", base_name(target).into());
    }
    if let Some(id) = text("bridge/bridge_id") {
        put("type", "bridge".into());
        put("id", id.into());
        put("stp", (text("bridge/stp_state") == Some("1")).into());
        let ports = format!("{directory}brif/");
        let ports = gathered
            .links_below(&ports)
            .map(|(path, _)| base_name(path));
        put("interfaces", ports.map(Json::from).collect());
    }
    if let Some(mode) = text("bonding/mode") {
        let word = |file: &str| {
            text(file)
                .and_then(|text| text.split(' ').next())
                .unwrap_or_default()
        };
        put("type", "bonding".into());
        put("mode", mode.split(' ').next().into());
        put("miimon", word("bonding/miimon").into());
        put("lacp_rate", word("bonding/lacp_rate").into());
        let members = text("bonding/slaves")
            .unwrap_or_default()
            .split_whitespace();
        put("slaves", members.map(Json::from).collect());
        if let Some(primary) = text("bonding/primary") {
            put("primary", primary.into());
        }
    }
    if let Some(address) = text("bonding_slave/perm_hwaddr") {
        put("perm_macaddress", address.into());
    }
    facts
}

/// Kinds of interfaces by the kernel's numbers.
fn kind(number: &str) -> &'static str {
    match number {
        "1" => "ether",
        "32" => "infiniband",
        "512" => "ppp",
        "772" => "loopback",
        "65534" => "tunnel",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_belong_to_interfaces_and_routes_choose_defaults() {
        let text = "\u{1e}speeds\u{1f}/sys/class/net/eth0/speed 1000\n\
            \u{1e}network\u{1f}1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n\
            2: eth0    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever\n\
            2: eth0    inet 192.0.2.8/24 brd 192.0.2.255 scope global secondary eth0:1\\       valid_lft forever\n\
            2: eth0    inet6 2001:db8::7/64 scope global dynamic \\       valid_lft 9sec\n\
            3: tun0    inet 198.51.100.1 peer 198.51.100.2/32 scope global tun0\\       valid_lft forever\n\
            local 192.0.2.7 dev eth0 proto kernel scope host src 192.0.2.7\n\
            8.8.8.8 via 192.0.2.1 dev eth0 src 192.0.2.7 uid 0 \\    cache\n\
            RTNETLINK answers: Network is unreachable\n\
            \u{1e}files\u{1f}==> /sys/class/net/eth0/address <==\n02:00:00:00:00:07\n\n\
            ==> /sys/class/net/eth0/flags <==\n0x1103\n\n==> /sys/class/net/eth0/mtu <==\n1500\n\n\
            ==> /sys/class/net/eth0/operstate <==\nup\n\n==> /sys/class/net/eth0/type <==\n1\n";
        let mut facts = Facts::new();
        add(&Gathered::read(text.as_bytes()), &mut facts);
        let default = json!({
            "interface": "eth0", "address": "192.0.2.7", "gateway": "192.0.2.1",
            "broadcast": "192.0.2.255", "netmask": "255.255.255.0", "network": "192.0.2.0",
            "prefix": "24", "alias": "eth0", "macaddress": "02:00:00:00:00:07", "mtu": 1500,
            "type": "ether",
        });
        assert_eq!(facts["default_ipv4"], default);
        assert_eq!(facts["default_ipv6"], json!({}));
        assert_eq!(facts["interfaces"], json!(["eth0", "lo", "eth0:1", "tun0"]));
        assert_eq!(
            facts["all_ipv4_addresses"],
            json!(["192.0.2.7", "192.0.2.8", "198.51.100.1"])
        );
        assert_eq!(facts["all_ipv6_addresses"], json!(["2001:db8::7"]));
        let eth0 = &facts["eth0"];
        assert_eq!(eth0["ipv4_secondaries"][0]["address"], "192.0.2.8");
        assert_eq!(
            eth0["ipv6"][0],
            json!({"address": "2001:db8::7", "prefix": "64", "scope": "global"})
        );
        assert_eq!(
            (&eth0["speed"], &eth0["promisc"]),
            (&json!(1000), &json!(true))
        );
        assert_eq!(facts["eth0_1"]["ipv4"]["address"], "192.0.2.8");
        assert_eq!(facts["tun0"]["ipv4"]["prefix"], "32");
    }
}

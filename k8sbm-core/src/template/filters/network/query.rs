//! What can be asked of an address with `ipaddr(...)`.

use super::address::Network;
use crate::template::call::fail;
use minijinja::{Error, Value};

const LOOPBACK: &[&str] = &["127.0.0.0/8", "::1/128"];
const MULTICAST: &[&str] = &["224.0.0.0/4", "ff00::/8"];
const LINK_LOCAL: &[&str] = &["169.254.0.0/16", "fe80::/10"];
const SIX_TO_FOUR: &[&str] = &["2002::/16"];

/// The answer to a query; false or nothing if the address has none.
pub(super) fn answer(network: &Network, query: &str) -> Result<Value, Error> {
    let n = network;
    let text = |holds: bool, text: String| if holds { Value::from(text) } else { nothing() };
    let itself = |holds: bool| text(holds, n.text.clone());
    let not_first = n.ip != n.first();
    let with_prefix = format!("{}/{}", n.host(), n.prefix);
    Ok(match query {
        "" => Value::from(if n.is_network { n.cidr() } else { n.host() }),
        "bool" => Value::from(true),
        "version" => Value::from(n.version()),
        "type" => Value::from(if n.size() == 1 || not_first {
            "address"
        } else {
            "network"
        }),
        "address" | "ip" => text(
            n.size() == 1 || not_first || n.v6 || n.broadcast().is_none(),
            n.host(),
        ),
        "address/prefix" | "host/prefix" | "gateway" | "gw" | "hostnet" | "router" => {
            let edge = n.size() > 2 && (n.ip == n.first() || n.ip == n.last());
            if edge {
                Value::from(false)
            } else {
                Value::from(with_prefix)
            }
        }
        "ip/prefix" => text(n.size() == 2 || n.size() > 1 && not_first, with_prefix),
        "ip_netmask" => text(
            n.size() == 2 || n.size() > 1 && not_first,
            format!("{} {}", n.host(), n.address(n.net_mask())),
        ),
        "ip_wildcard" => text(
            n.size() == 2 || n.size() > 1 && not_first,
            format!("{} {}", n.host(), n.address(n.host_mask())),
        ),
        "host" => text(
            n.size() == 1 || not_first || n.broadcast().is_none(),
            with_prefix,
        ),
        "cidr" => Value::from(n.cidr()),
        "subnet" | "network/prefix" => Value::from(n.network()),
        "net" => text(n.size() > 1 && !not_first, n.network()),
        "network" | "network_id" => Value::from(n.address(n.first())),
        "network_netmask" => Value::from(format!(
            "{} {}",
            n.address(n.first()),
            n.address(n.net_mask())
        )),
        "network_wildcard" => Value::from(format!(
            "{} {}",
            n.address(n.first()),
            n.address(n.host_mask())
        )),
        "netmask" => Value::from(n.address(n.net_mask())),
        "hostmask" | "wildcard" => Value::from(n.address(n.host_mask())),
        "prefix" => Value::from(n.prefix),
        "broadcast" => n
            .broadcast()
            .filter(|_| n.size() > 2)
            .map_or_else(nothing, |last| Value::from(n.address(last))),
        "size" => number(n.size()),
        "size_usable" => match n.size() {
            1 => Value::from(0),
            2 => Value::from(2),
            size => number(size - 2),
        },
        "first_usable" | "last_usable" | "range_usable" | "next_usable" | "previous_usable"
            if !n.is_network =>
        {
            return Err(fail(format!(
                "{} is an address, and only a network has usable addresses",
                n.host()
            )));
        }
        "int" if n.is_network => Value::from(format!("{}/{}", n.ip, n.prefix)),
        "int" => number(n.ip),
        "first_usable" => text(n.is_network && n.size() > 1, n.address(n.usable().0)),
        "last_usable" => text(n.is_network && n.size() > 1, n.address(n.usable().1)),
        "range_usable" => text(
            n.is_network && n.size() > 1,
            format!("{}-{}", n.address(n.usable().0), n.address(n.usable().1)),
        ),
        "next_usable" => beside(n, n.ip.checked_add(1)),
        "previous_usable" => beside(n, n.ip.checked_sub(1)),
        "peer" => peer(n)?,
        "private" => itself(!n.is_global()),
        "public" => itself(n.is_global() && !n.is_in(MULTICAST) && !n.is_in(LOOPBACK)),
        "unicast" => itself(!n.is_in(MULTICAST)),
        "multicast" => itself(n.is_in(MULTICAST)),
        "loopback" | "lo" => itself(n.is_in(LOOPBACK)),
        "link-local" => itself(n.is_in(LINK_LOCAL)),
        "ipv4" | "v4" if n.v6 => match mapped(n) {
            Some(v4) => Value::from(v4),
            None => Value::from(false),
        },
        "ipv6" | "v6" if !n.v6 => Value::from(format!("::ffff:{}/{}", n.host(), n.prefix + 96)),
        "ipv4" | "v4" | "ipv6" | "v6" => itself(true),
        "6to4" => six_to_four(n),
        "revdns" => Value::from(revdns(n)),
        "wrap" if !n.v6 => itself(true),
        "wrap" if n.is_network => Value::from(format!("[{}]/{}", n.host(), n.prefix)),
        "wrap" => Value::from(format!("[{}]", n.host())),
        _ => return other(n, query),
    })
}

fn nothing() -> Value {
    Value::from(())
}

fn number(number: u128) -> Value {
    u64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}

/// A query that is a number, or a network to be in.
fn other(n: &Network, query: &str) -> Result<Value, Error> {
    if let Ok(index) = query.parse::<i128>() {
        return Ok(match n.size() {
            1 if n.is_network => Value::from(n.cidr()),
            1 => Value::from(n.host()),
            _ => nth(n, index).map_or_else(
                || Value::from(false),
                |ip| Value::from(format!("{}/{}", n.address(ip), n.prefix)),
            ),
        });
    }
    match Network::read(query, None) {
        Some(outer) => Ok(if outer.holds(n) {
            Value::from(n.text.clone())
        } else {
            nothing()
        }),
        None => Err(fail(format!(
            "{query:?} is neither a query about addresses nor a network"
        ))),
    }
}

/// The address at an index, counted from the end if it is below 0.
pub(super) fn nth(n: &Network, index: i128) -> Option<u128> {
    let distance = index.unsigned_abs();
    let ip = if index < 0 {
        n.last().checked_add(1).map_or_else(
            || n.last().checked_sub(distance - 1),
            |end| end.checked_sub(distance),
        )?
    } else {
        n.first().checked_add(distance)?
    };
    (n.first()..=n.last()).contains(&ip).then_some(ip)
}

fn beside(n: &Network, ip: Option<u128>) -> Value {
    let (first, last) = n.usable();
    match ip {
        Some(ip) if n.is_network && n.size() > 1 && (first..=last).contains(&ip) => {
            Value::from(n.address(ip))
        }
        _ => nothing(),
    }
}

fn peer(n: &Network) -> Result<Value, Error> {
    match (n.is_network, n.size(), n.ip % 4) {
        (true, 2, _) => Ok(Value::from(n.address(n.ip ^ 1))),
        (true, 4, 1 | 2) => Ok(Value::from(n.address(n.ip ^ 3))),
        (true, 4, _) => Err(fail(
            "the first and the last address of a network have no peer",
        )),
        _ => Err(fail("only an address in a network of two hosts has a peer")),
    }
}

/// The address of version 4 inside one of version 6.
fn mapped(n: &Network) -> Option<String> {
    let inside = n.is_in(&["::ffff:0:0/96", "::/96"]);
    let low = Network {
        v6: false,
        ip: n.ip & u128::from(u32::MAX),
        prefix: n.prefix.saturating_sub(96),
        ..n.clone()
    };
    inside.then(|| low.cidr())
}

fn six_to_four(n: &Network) -> Value {
    if n.v6 {
        let holds = n.is_in(SIX_TO_FOUR) && (!n.is_network || n.ip != n.first());
        return if holds {
            Value::from(n.text.clone())
        } else {
            Value::from(false)
        };
    }
    if n.size() > 1 && n.ip == n.first() || n.is_global() && n.is_in(MULTICAST) {
        return Value::from(false);
    }
    Value::from(format!(
        "2002:{:04x}:{:04x}::1/48",
        n.ip >> 16,
        n.ip & 0xffff
    ))
}

fn revdns(n: &Network) -> String {
    if n.v6 {
        let digits = format!("{:032x}", n.ip);
        let reversed: Vec<String> = digits.chars().rev().map(String::from).collect();
        return format!("{}.ip6.arpa.", reversed.join("."));
    }
    let host = n.host();
    let parts: Vec<&str> = host.split('.').rev().collect();
    format!("{}.in-addr.arpa.", parts.join("."))
}

//! An address with the network it is in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address and the length of its network's prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct Network {
    /// The address as a number.
    pub ip: u128,
    /// How many bits the network fixes.
    pub prefix: u32,
    /// Whether it is of version 6.
    pub v6: bool,
    /// Whether a prefix was written.
    pub is_network: bool,
    /// The text it was read from.
    pub text: String,
}

/// What cannot be reached from everywhere, after the registries of IANA.
const NOT_GLOBAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::1/128",
    "::/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];
/// What can, though it is in one of those.
const GLOBAL: &[&str] = &[
    "192.0.0.9/32",
    "192.0.0.10/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
];

impl Network {
    /// Reads an address, a network, or either as a number.
    pub fn read(text: &str, version: Option<i64>) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let digits = !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_digit());
        let (ip, v6) = if digits {
            let number: u128 = address.parse().ok()?;
            (number, version == Some(6) || u32::try_from(number).is_err())
        } else {
            match address.parse().ok()? {
                IpAddr::V4(address) => (u128::from(address.to_bits()), false),
                IpAddr::V6(address) => (address.to_bits(), true),
            }
        };
        let bits = if v6 { 128 } else { 32 };
        let length = match prefix {
            None => bits,
            Some(prefix) => match prefix.parse::<u32>() {
                Ok(length) if length <= bits => length,
                Ok(_) => return None,
                Err(_) => mask_length(prefix, v6)?,
            },
        };
        let mut network = Self {
            ip,
            prefix: length,
            v6,
            is_network: prefix.is_some(),
            text: text.to_owned(),
        };
        if digits {
            network.text = network.cidr();
        }
        Some(network)
    }

    /// The same address in another network.
    pub fn with(&self, ip: u128, prefix: u32) -> Self {
        let mut network = Self {
            ip,
            prefix,
            ..self.clone()
        };
        network.text = network.cidr();
        network
    }

    pub fn version(&self) -> u8 {
        if self.v6 { 6 } else { 4 }
    }

    pub fn bits(&self) -> u32 {
        if self.v6 { 128 } else { 32 }
    }

    /// The bits that tell hosts of the network apart.
    pub fn host_mask(&self) -> u128 {
        match self.bits() - self.prefix {
            128 => u128::MAX,
            hosts => (1 << hosts) - 1,
        }
    }

    pub fn net_mask(&self) -> u128 {
        let all = if self.v6 {
            u128::MAX
        } else {
            u128::from(u32::MAX)
        };
        all ^ self.host_mask()
    }

    /// The first address.
    pub fn first(&self) -> u128 {
        self.ip & self.net_mask()
    }

    /// The last address.
    pub fn last(&self) -> u128 {
        self.ip | self.host_mask()
    }

    /// How many addresses there are; too many to count are as many as can be counted.
    pub fn size(&self) -> u128 {
        self.host_mask().saturating_add(1)
    }

    /// The first and the last address a host can have.
    pub fn usable(&self) -> (u128, u128) {
        match self.size() {
            1 | 2 => (self.first(), self.last()),
            _ => (self.first() + 1, self.last() - 1),
        }
    }

    /// The address for broadcasts, which tiny networks do not have.
    pub fn broadcast(&self) -> Option<u128> {
        (self.v6 || self.size() > 2).then(|| self.last())
    }

    /// A number as an address of this version.
    pub fn address(&self, ip: u128) -> String {
        if self.v6 {
            Ipv6Addr::from_bits(ip).to_string()
        } else {
            // addresses of version 4 have 32 bits
            Ipv4Addr::from_bits(ip as u32).to_string()
        }
    }

    /// Its own address.
    pub fn host(&self) -> String {
        self.address(self.ip)
    }

    /// The address with the prefix.
    pub fn cidr(&self) -> String {
        format!("{}/{}", self.host(), self.prefix)
    }

    /// The network with the prefix.
    pub fn network(&self) -> String {
        format!("{}/{}", self.address(self.first()), self.prefix)
    }

    /// Whether all of `other` is in this network.
    pub fn holds(&self, other: &Self) -> bool {
        self.v6 == other.v6 && self.first() <= other.first() && other.last() <= self.last()
    }

    /// Whether its address can be reached from everywhere.
    pub fn is_global(&self) -> bool {
        !self.is_in(NOT_GLOBAL) || self.is_in(GLOBAL)
    }

    /// Whether its address is in one of some networks.
    pub fn is_in(&self, networks: &[&str]) -> bool {
        let own = Self {
            prefix: self.bits(),
            ..self.clone()
        };
        networks
            .iter()
            .filter_map(|network| Self::read(network, None))
            .any(|network| network.holds(&own))
    }
}

/// The prefix that a netmask (or a wildcard mask) stands for.
fn mask_length(mask: &str, v6: bool) -> Option<u32> {
    let (bits, width) = match mask.parse().ok()? {
        IpAddr::V4(mask) if !v6 => (u128::from(mask.to_bits()) << 96, 32),
        IpAddr::V6(mask) if v6 => (mask.to_bits(), 128),
        _ => return None,
    };
    let ones = bits.leading_ones();
    if ones < 128 && bits << ones == 0 || ones == 128 {
        return Some(ones.min(width));
    }
    let zeros = bits.leading_zeros().min(width);
    let rest = if zeros < 128 { !(bits << zeros) } else { 0 };
    (rest >> (128 - width + zeros).min(127) == 0).then_some(zeros)
}

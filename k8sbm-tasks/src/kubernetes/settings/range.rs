//! Ranges of addresses, as MetalLB writes them.

use ipnet::IpNet;
use std::{fmt, net::IpAddr, str::FromStr};

/// Addresses from a first to a last: `192.168.1.200-192.168.1.250`, `192.168.1.200-250`, or a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    first: IpAddr,
    last: IpAddr,
}

impl Range {
    /// Whether an address is one of these.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }

    /// Whether all of these are in a network.
    pub fn is_in(&self, network: &IpNet) -> bool {
        network.contains(&self.first) && network.contains(&self.last)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self {
                first: network.network(),
                last: network.broadcast(),
            });
        }
        let wrong = || "not a range of addresses".to_owned();
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let first: IpAddr = first.trim().parse().map_err(|_| wrong())?;
        let last = last.trim();
        let last: IpAddr = match (last.parse(), first) {
            (Ok(last), _) => last,
            // Only the last number, as in 192.168.1.200-250.
            (Err(_), IpAddr::V4(first)) => {
                let number = last.parse().map_err(|_| wrong())?;
                let [a, b, c, _] = first.octets();
                IpAddr::from([a, b, c, number])
            }
            (Err(_), IpAddr::V6(_)) => return Err(wrong()),
        };
        if last < first {
            return Err("the range ends before it begins".to_owned());
        }
        Ok(Self { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_all_their_forms() {
        let range = |text: &str| text.parse::<Range>().map(|range| range.to_string());
        assert_eq!(
            range("10.0.0.200-10.0.0.250").unwrap(),
            "10.0.0.200-10.0.0.250"
        );
        assert_eq!(range("10.0.0.200-250").unwrap(), "10.0.0.200-10.0.0.250");
        assert_eq!(range("10.0.0.64/30").unwrap(), "10.0.0.64-10.0.0.67");
        assert_eq!(
            range("10.0.0.9-10.0.0.1").unwrap_err(),
            "the range ends before it begins"
        );
        assert_eq!(range("10.0.0.9").unwrap_err(), "not a range of addresses");
    }
}

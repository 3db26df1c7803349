//! What a route leads to, as `ip` writes it.

use serde::{Deserialize, Deserializer, de};
use std::{fmt, net::IpAddr, str::FromStr};

/// A network, an address alone, or everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// Everything that no other route leads to.
    Default,
    /// An address and how many of its bits count.
    Of(IpAddr, u8),
}

impl Network {
    pub fn is_default(self) -> bool {
        self == Self::Default
    }

    /// Whether it is of IPv6; `default` does not say.
    pub fn family(self) -> bool {
        matches!(self, Self::Of(address, _) if address.is_ipv6())
    }

    /// A name for a file.
    pub fn file_name(self) -> String {
        self.to_string().replace('/', "-").replace(':', "_")
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "default" {
            return Ok(Self::Default);
        }
        let wrong = || format!("`{text}` is no network such as 10.200.1.0/24");
        let (address, length) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let whole = if address.is_ipv6() { 128 } else { 32 };
        let length = match length {
            "" => whole,
            length => length.parse().map_err(|_| wrong())?,
        };
        if length > whole {
            return Err(wrong());
        }
        let first = first(address, length);
        if first != address {
            return Err(format!(
                "`{text}` is an address in the network {first}/{length}, not the network"
            ));
        }
        Ok(Self::Of(address, length))
    }
}

/// The first address of a network.
fn first(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(it) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            IpAddr::V4((it.to_bits() & mask).into())
        }
        IpAddr::V6(it) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            IpAddr::V6((it.to_bits() & mask).into())
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Of(address, length) if *length == if address.is_ipv6() { 128 } else { 32 } => {
                write!(f, "{address}")
            }
            Self::Of(address, length) => write!(f, "{address}/{length}"),
        }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

//! What is said of a zone.

use schemars::JsonSchema;
use serde::Deserialize;

/// A port that is led on to another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PortForward {
    /// The port.
    port: String,
    /// `tcp` or `udp`.
    proto: String,
    /// The port it leads to.
    toport: String,
    /// The address it leads to; the host itself where it is absent.
    #[serde(default)]
    toaddr: String,
}

impl PortForward {
    /// As firewalld takes it.
    pub(super) fn thing(&self) -> Thing {
        let Self {
            port,
            proto,
            toport,
            toaddr,
        } = self;
        let address = if toaddr.is_empty() {
            String::new()
        } else {
            format!(":toaddr={toaddr}")
        };
        Thing::ForwardPort(format!(
            "port={port}:proto={proto}:toport={toport}{address}"
        ))
    }
}

/// The one thing that a task says of a zone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Thing {
    /// That it is there.
    Zone,
    /// What becomes of packets that nothing else is said of.
    Target(String),
    /// A service is let in.
    Service(String),
    /// A port is let in.
    Port(String),
    /// A protocol is let in.
    Protocol(String),
    /// A source belongs to it.
    Source(String),
    /// An interface belongs to it.
    Interface(String),
    /// A port is led on.
    ForwardPort(String),
    /// A rule.
    RichRule(String),
    /// A type of ICMP is blocked.
    IcmpBlock(String),
    /// All but the blocked types are blocked.
    IcmpBlockInversion(bool),
    /// Packets leave with the host's address.
    Masquerade(bool),
    /// Packets pass within it.
    Forward(bool),
}

impl Thing {
    /// What firewalld calls it, and which one is meant.
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Zone => ("zone", ""),
            Self::Target(target) => ("target", target),
            Self::Service(name) => ("service", name),
            Self::Port(port) => ("port", port),
            Self::Protocol(name) => ("protocol", name),
            Self::Source(source) => ("source", source),
            Self::Interface(name) => ("interface", name),
            Self::ForwardPort(port) => ("forward-port", port),
            Self::RichRule(rule) => ("rich-rule", rule),
            Self::IcmpBlock(name) => ("icmp-block", name),
            Self::IcmpBlockInversion(_) => ("icmp-block-inversion", ""),
            Self::Masquerade(_) => ("masquerade", ""),
            Self::Forward(_) => ("forward", ""),
        }
    }

    /// An option of firewall-cmd for it: `--add-port=80/tcp`.
    pub(super) fn words(&self, verb: &str) -> String {
        match self.parts() {
            (kind, "") => format!("--{verb}-{kind}"),
            (kind, which) => format!("--{verb}-{kind}={which}"),
        }
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> String {
        let (kind, which) = self.parts();
        format!("{kind} {which}").trim_end().to_owned()
    }

    /// Whether it is said to be so, where that is part of it: `masquerade: false`.
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::IcmpBlockInversion(on) | Self::Masquerade(on) | Self::Forward(on) => *on,
            _ => true,
        }
    }
}

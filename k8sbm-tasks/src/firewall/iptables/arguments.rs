//! The arguments of `iptables`.

use k8sbm_core::task::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Makes a rule be in the kernel's packet filter, or not.
///
/// The rules are those of now: something else must bring them back after a boot. A rule is compared as the kernel has
/// it, wherever in its chain it stands.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::firewall) struct Iptables {
    /// The table. Default `filter`.
    pub(super) table: Table,
    /// Whether the rule, or the chain, shall be there.
    pub(super) state: State,
    /// Whether a new rule comes last (`append`, the default) or first (`insert`).
    pub(super) action: Action,
    /// For which packets: `ipv4` (default), `ipv6` or `both`.
    pub(super) ip_version: IpVersion,
    /// The chain, such as `INPUT`. Needed but with `flush`.
    pub(super) chain: Option<String>,
    /// With `action: insert`: the place of the new rule, from 1.
    pub(super) rule_num: Option<String>,
    /// Extensions that match, such as `conntrack`; those that other arguments need come by themselves.
    #[serde(rename = "match")]
    pub(super) matches: Vec<String>,
    /// Flags of TCP to look at, and those of them that must be set.
    pub(super) tcp_flags: Option<TcpFlags>,
    /// Ports packets go to, of several.
    pub(super) destination_ports: Vec<String>,
    /// States of the connection: `NEW`, `ESTABLISHED`, `RELATED`, `INVALID`, ...
    pub(super) ctstate: Vec<String>,
    /// Whether packets that begin a TCP connection `match`, or all others do (`negate`).
    pub(super) syn: Syn,
    /// Removes all rules of the chain, or of all chains of the table.
    pub(super) flush: bool,
    /// What becomes of packets that no rule of the chain matches.
    pub(super) policy: Option<Policy>,
    /// Makes the chain where it is missing; without a rule, `absent` removes it.
    pub(super) chain_management: bool,
    /// Seconds to wait for others that change rules. Default: as long as it takes.
    pub(super) wait: Option<String>,
    /// Taken for Ansible's sake: nothing is looked up in DNS when rules are listed.
    pub(super) numeric: bool,
    /// The protocol, such as `tcp`, by name or number. A `!` before it means all others, here and below.
    pub(super) protocol: Option<String>,
    /// Where packets come from: an address, a network, a name.
    pub(super) source: Option<String>,
    /// Where packets go.
    pub(super) destination: Option<String>,
    /// With `jump: SNAT`: the new source.
    pub(super) to_source: Option<String>,
    /// With `jump: DNAT`: the new destination.
    pub(super) to_destination: Option<String>,
    /// What becomes of packets: `ACCEPT`, `DROP`, another chain, an extension.
    pub(super) jump: Option<String>,
    /// With `jump: TEE`: the host that gets a copy.
    pub(super) gateway: Option<String>,
    /// The chain to go on in, without coming back.
    pub(super) goto: Option<String>,
    /// The interface by which packets come.
    pub(super) in_interface: Option<String>,
    /// The interface by which packets leave.
    pub(super) out_interface: Option<String>,
    /// Only second and further fragments.
    pub(super) fragment: Option<String>,
    /// What the rule's counters begin with.
    pub(super) set_counters: Option<String>,
    /// The port packets come from, or a range `first:last`.
    pub(super) source_port: Option<String>,
    /// The port packets go to, or a range `first:last`.
    pub(super) destination_port: Option<String>,
    /// With `jump: REDIRECT`: the new port, or a range `first-last`.
    pub(super) to_ports: Option<String>,
    /// What log lines begin with. Implies `jump: LOG`.
    pub(super) log_prefix: Option<String>,
    /// How grave log lines are: `0` to `7`, or a name. Implies `jump: LOG`.
    pub(super) log_level: Option<String>,
    /// With `jump: DSCP`: the mark.
    pub(super) set_dscp_mark: Option<String>,
    /// With `jump: DSCP`: the class of the mark.
    pub(super) set_dscp_mark_class: Option<String>,
    /// A comment on the rule.
    pub(super) comment: Option<String>,
    /// A range of addresses packets come from: `first-last`.
    pub(super) src_range: Option<String>,
    /// A range of addresses packets go to: `first-last`.
    pub(super) dst_range: Option<String>,
    /// The name of an ipset that must match.
    pub(super) match_set: Option<String>,
    /// What of a packet is looked up in the set: `src`, `dst`, `src,dst`, ...
    pub(super) match_set_flags: Option<String>,
    /// How many packets match on average, such as `5/minute`.
    pub(super) limit: Option<String>,
    /// How many may match before `limit` counts.
    pub(super) limit_burst: Option<String>,
    /// The user whose program sent the packet.
    pub(super) uid_owner: Option<String>,
    /// The group whose program sent the packet.
    pub(super) gid_owner: Option<String>,
    /// What is answered to packets that are rejected. Implies `jump: REJECT`.
    pub(super) reject_with: Option<String>,
    /// The type of an ICMP packet.
    pub(super) icmp_type: Option<String>,
}

/// Flags of TCP.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TcpFlags {
    /// Those that are looked at.
    pub(super) flags: Vec<String>,
    /// Those that must be set; the others must not be.
    pub(super) flags_set: Vec<String>,
}

/// A table.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Table {
    /// Who may pass.
    #[default]
    Filter,
    /// New addresses.
    Nat,
    /// Changes of packets.
    Mangle,
    /// Before connections are tracked.
    Raw,
    /// Marks of SELinux.
    Security,
}

impl Table {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Nat => "nat",
            Self::Mangle => "mangle",
            Self::Raw => "raw",
            Self::Security => "security",
        }
    }
}

/// Whether a rule shall be there.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It shall.
    #[default]
    Present,
    /// It shall not.
    Absent,
}

/// Where a new rule goes.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    /// Behind the others.
    #[default]
    Append,
    /// Before the others, or to `rule_num`.
    Insert,
}

/// Which packets.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum IpVersion {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv6.
    Ipv6,
    /// Both, with a rule each.
    Both,
}

/// Packets that begin a TCP connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Syn {
    /// It does not matter.
    #[default]
    Ignore,
    /// They match.
    Match,
    /// All others match.
    Negate,
}

/// What becomes of packets that no rule matches.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Policy {
    /// They pass.
    Accept,
    /// They do not.
    Drop,
    /// A program is asked.
    Queue,
    /// The chain that led here goes on.
    Return,
}

impl Policy {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Drop => "DROP",
            Self::Queue => "QUEUE",
            Self::Return => "RETURN",
        }
    }
}

impl Iptables {
    pub(super) fn inserts(&self) -> bool {
        self.action == Action::Insert
    }

    pub(super) fn check(&self) -> Result<()> {
        let is = |target: &str| {
            self.jump
                .as_deref()
                .is_some_and(|jump| jump.eq_ignore_ascii_case(target))
        };
        let logs = self.log_prefix.is_some() || self.log_level.is_some();
        let marks = self.set_dscp_mark.is_some() || self.set_dscp_mark_class.is_some();
        if !self.flush && self.chain.is_none() {
            return Err(Error::arguments("`chain` is missing"));
        }
        if self.flush && self.policy.is_some() {
            return Err(Error::arguments(
                "`flush` and `policy` are mutually exclusive",
            ));
        }
        if self.set_dscp_mark.is_some() && self.set_dscp_mark_class.is_some() {
            return Err(Error::arguments(
                "`set_dscp_mark` and `set_dscp_mark_class` are mutually exclusive",
            ));
        }
        if marks && self.jump.is_none() {
            return Err(Error::arguments("a DSCP mark needs `jump`").hint("write `jump: DSCP`"));
        }
        if is("tee") && self.gateway.is_none() {
            return Err(Error::arguments("`jump: TEE` needs `gateway`"));
        }
        if logs && self.jump.is_some() && !is("log") {
            return Err(Error::arguments(
                "Logging options can only be used with the LOG jump target.",
            ));
        }
        Ok(())
    }
}

//! A rule in iptables' words.

use super::arguments::{IpVersion, Iptables, Syn};

/// The words of a rule under way.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn add(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(|it| (*it).to_owned()));
    }

    /// A flag with its value; a value that begins with `!` means all others.
    fn option(&mut self, flag: &str, value: Option<&String>) {
        match value.map(|value| (value.strip_prefix('!'), value)) {
            Some((Some(others), _)) => self.add(&["!", flag, others.trim_start()]),
            Some((None, value)) => self.add(&[flag, value]),
            None => {}
        }
    }

    /// Options of an extension, which is named where that is not done yet.
    fn extension(&mut self, name: &str, task: &Iptables, options: &[(&str, &Option<String>)]) {
        let used = options.iter().any(|(_, value)| value.is_some());
        if used && !task.matches.iter().any(|it| it == name) {
            self.add(&["-m", name]);
        }
        for (flag, value) in options {
            self.option(flag, value.as_ref());
        }
    }

    fn list(&mut self, flag: &str, values: &[String]) {
        if !values.is_empty() {
            self.add(&[flag, &values.join(",")]);
        }
    }
}

/// The words of the rule that is meant; none where only a chain is.
pub(super) fn rule(task: &Iptables) -> Vec<String> {
    let mut words = Words::default();
    let named = |extension: &str| task.matches.iter().any(|it| it == extension);
    words.option("-p", task.protocol.as_ref());
    words.option("-s", task.source.as_ref());
    words.option("-d", task.destination.as_ref());
    for extension in &task.matches {
        words.option("-m", Some(extension));
    }
    if let Some(tcp) = &task.tcp_flags {
        words.add(&[
            "--tcp-flags",
            &tcp.flags.join(","),
            &tcp.flags_set.join(","),
        ]);
    }
    target(task, &mut words);
    if !task.destination_ports.is_empty() {
        if !named("multiport") {
            words.add(&["-m", "multiport"]);
        }
        words.list("--dports", &task.destination_ports);
    }
    words.option("-g", task.goto.as_ref());
    words.option("-i", task.in_interface.as_ref());
    words.option("-o", task.out_interface.as_ref());
    words.option("-f", task.fragment.as_ref());
    words.option("-c", task.set_counters.as_ref());
    words.option("--source-port", task.source_port.as_ref());
    words.option("--destination-port", task.destination_port.as_ref());
    match task.syn {
        Syn::Ignore => {}
        Syn::Match => words.add(&["--syn"]),
        Syn::Negate => words.add(&["!", "--syn"]),
    }
    if !task.ctstate.is_empty() {
        let old = named("state") && !named("conntrack");
        if !old && !named("conntrack") {
            words.add(&["-m", "conntrack"]);
        }
        words.list(if old { "--state" } else { "--ctstate" }, &task.ctstate);
    }
    let ranges = [
        ("--src-range", &task.src_range),
        ("--dst-range", &task.dst_range),
    ];
    words.extension("iprange", task, &ranges);
    words.extension("set", task, &[("--match-set", &task.match_set)]);
    if let Some(flags) = &task.match_set_flags {
        words.add(&[flags]);
    }
    let limits = [
        ("--limit", &task.limit),
        ("--limit-burst", &task.limit_burst),
    ];
    words.extension("limit", task, &limits);
    let owners = [
        ("--uid-owner", &task.uid_owner),
        ("--gid-owner", &task.gid_owner),
    ];
    words.extension("owner", task, &owners);
    let icmp = match task.ip_version {
        IpVersion::Ipv6 => "--icmpv6-type",
        _ => "--icmp-type",
    };
    words.option(icmp, task.icmp_type.as_ref());
    if let Some(comment) = &task.comment {
        if !named("comment") {
            words.add(&["-m", "comment"]);
        }
        words.add(&["--comment", comment]);
    }
    words.0
}

/// What becomes of packets, with what belongs to that.
fn target(task: &Iptables, words: &mut Words) {
    let logs = task.log_prefix.is_some() || task.log_level.is_some();
    let implied = match (logs, &task.reject_with) {
        (true, _) => Some("LOG"),
        (_, Some(_)) => Some("REJECT"),
        _ => None,
    };
    if let Some(jump) = task.jump.as_deref().or(implied) {
        words.add(&["-j", jump]);
    }
    let options = [
        ("--gateway", &task.gateway),
        ("--log-prefix", &task.log_prefix),
        ("--log-level", &task.log_level),
        ("--to-destination", &task.to_destination),
        ("--to-source", &task.to_source),
        ("--to-ports", &task.to_ports),
        ("--set-dscp", &task.set_dscp_mark),
        ("--set-dscp-class", &task.set_dscp_mark_class),
        ("--reject-with", &task.reject_with),
    ];
    for (flag, value) in options {
        words.option(flag, value.as_ref());
    }
}

//! The `firewalld` module.

mod thing;

use self::thing::{PortForward, Thing};
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Lets firewalld's zones let something in, or not: for now, for every start, or both.
///
/// Each task says one thing of one zone. Without `permanent` it is for now alone; with `permanent` alone it counts
/// when firewalld starts or reloads.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Firewalld {
    /// Whether it shall be so: `enabled` or `disabled`. A zone itself, or its target, is `present` or `absent`.
    state: State,
    /// The zone. Default: firewalld's default zone.
    zone: Option<String>,
    /// Whether it shall be so whenever firewalld starts.
    #[serde(default)]
    permanent: bool,
    /// Whether it shall be so now. Default: where it is not permanent.
    #[serde(default)]
    immediate: bool,
    /// Lets the permanent configuration be changed where firewalld does not run.
    #[serde(default)]
    offline: bool,
    /// Seconds for which it shall be so, of what is for now alone.
    #[serde(default)]
    timeout: u32,
    /// A service that firewalld knows, such as `ssh`.
    service: Option<String>,
    /// A port or a range with its protocol: `6443/tcp`, `2379-2381/tcp`.
    port: Option<String>,
    /// A protocol, such as `vrrp`.
    protocol: Option<String>,
    /// An address or network whose packets belong to the zone.
    source: Option<String>,
    /// An interface whose packets belong to the zone.
    interface: Option<String>,
    /// A port that is led on to another.
    #[serde(default)]
    port_forward: Vec<PortForward>,
    /// A rule in firewalld's rich language.
    rich_rule: Option<String>,
    /// A type of ICMP that is blocked.
    icmp_block: Option<String>,
    /// Blocks all types of ICMP but those of `icmp_block`.
    icmp_block_inversion: Option<bool>,
    /// Whether packets of the zone leave with the host's address.
    masquerade: Option<bool>,
    /// Whether packets pass between interfaces and sources of the zone.
    forward: Option<bool>,
    /// What becomes of packets that nothing else is said of: `default`, `ACCEPT`, `DROP` or `%%REJECT%%`.
    target: Option<String>,
}

/// Whether it shall be so.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It shall.
    Enabled,
    /// It shall not.
    Disabled,
    /// The zone shall be there.
    Present,
    /// The zone shall not be there.
    Absent,
}

/// One of the two configurations: of now, and of every start.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Now,
    Permanent,
    /// As the files say it, without firewalld.
    Offline,
}

impl Firewalld {
    /// The one thing that is said.
    fn thing(&self) -> Result<Thing> {
        let port = |port: &String| Thing::Port(port.trim().to_owned());
        let all = [
            self.service.clone().map(Thing::Service),
            self.port.as_ref().map(port),
            self.protocol.clone().map(Thing::Protocol),
            self.source.clone().map(Thing::Source),
            self.interface.clone().map(Thing::Interface),
            self.port_forward.first().map(PortForward::thing),
            self.rich_rule.clone().map(Thing::RichRule),
            self.icmp_block.clone().map(Thing::IcmpBlock),
            self.icmp_block_inversion.map(Thing::IcmpBlockInversion),
            self.masquerade.map(Thing::Masquerade),
            self.forward.map(Thing::Forward),
            self.target.clone().map(Thing::Target),
        ];
        let mut said = all.into_iter().flatten();
        match (said.next(), said.next()) {
            (Some(thing), None) => Ok(thing),
            (None, _) => Ok(Thing::Zone),
            _ => Err(Error::arguments("a task says one thing of a zone")
                .hint("write a task for each, or a `loop`")),
        }
    }

    fn sides(&self, runs: bool) -> Result<Vec<Side>> {
        if !runs && self.permanent && (self.offline || !self.immediate) {
            return Ok(vec![Side::Offline]);
        }
        if !runs {
            return Err(Error::failed("firewall is not currently running, unable to perform immediate actions without a running firewall daemon")
                .hint("start it before, or say `permanent: true` and `offline: true`"));
        }
        let mut sides = Vec::new();
        if self.permanent {
            sides.push(Side::Permanent);
        }
        if self.immediate || !self.permanent {
            sides.push(Side::Now);
        }
        Ok(sides)
    }

    fn command(&self, side: Side, words: &[String]) -> Command {
        let start: &[&str] = match side {
            Side::Now => &["firewall-cmd"],
            Side::Permanent => &["firewall-cmd", "--permanent"],
            Side::Offline => &["firewall-offline-cmd"],
        };
        let start = start.iter().map(|it| (*it).to_owned());
        Command::new(start.chain(words.iter().cloned()))
    }

    fn zoned(&self, words: Vec<String>) -> Vec<String> {
        let zone = self.zone.iter().map(|zone| format!("--zone={zone}"));
        zone.chain(words).collect()
    }

    async fn is_so(&self, host: &Probe, side: Side, words: Vec<String>) -> Result<bool> {
        let output = host
            .query_command(self.command(side, &self.zoned(words)))
            .await?;
        match output.status {
            0 => Ok(true),
            1 => Ok(false),
            status => {
                let said = output.error_text();
                let said = said.trim().trim_start_matches("Error: ").to_owned();
                Err(Error::failed(said).returning("rc", status))
            }
        }
    }

    /// The words that make it so, where it is not.
    async fn changing(
        &self,
        host: &Probe,
        side: Side,
        thing: &Thing,
    ) -> Result<Option<Vec<String>>> {
        let on = matches!(self.state, State::Enabled | State::Present);
        match thing {
            Thing::Zone => {
                let output = host
                    .query_command(self.command(side, &["--get-zones".into()]))
                    .await?;
                let zone = self.zone.clone().unwrap_or_default();
                let there = output.text().split_whitespace().any(|it| it == zone);
                let verb = if on { "new" } else { "delete" };
                Ok((there != on).then(|| vec![format!("--{verb}-zone={zone}")]))
            }
            Thing::Target(target) => {
                let words = self.zoned(vec!["--get-target".into()]);
                let output = host.query_command(self.command(side, &words)).await?;
                let wanted = if on { target.as_str() } else { "default" };
                let now = output.text();
                Ok((now.trim() != wanted)
                    .then(|| self.zoned(vec![format!("--set-target={wanted}")])))
            }
            thing => {
                let on = on == thing.holds();
                let there = self.is_so(host, side, vec![thing.words("query")]).await?;
                if there == on {
                    return Ok(None);
                }
                let mut words = vec![thing.words(match (thing, on) {
                    (Thing::Interface(_), true) => "change",
                    (_, true) => "add",
                    (_, false) => "remove",
                })];
                if on && side == Side::Now && self.timeout > 0 {
                    words.push(format!("--timeout={}", self.timeout));
                }
                Ok(Some(self.zoned(words)))
            }
        }
    }
}

impl Task for Firewalld {
    const NAME: &'static str = "firewalld";

    fn validate(&self) -> Result<()> {
        let thing = self.thing()?;
        let of_zone = matches!(thing, Thing::Zone | Thing::Target(_));
        let zone_state = matches!(self.state, State::Present | State::Absent);
        if self.port_forward.len() > 1 {
            return Err(Error::arguments(
                "Only one port forward supported at a time",
            ));
        }
        if let Thing::Port(port) = &thing
            && !port.contains('/')
        {
            return Err(Error::arguments("improper port format (missing protocol?)")
                .hint(format!("write `{port}/tcp` or `{port}/udp`"))
                .about(["port"]));
        }
        if zone_state != of_zone && (zone_state || matches!(thing, Thing::Zone)) {
            return Err(Error::arguments(
                "absent and present state can only be used in zone level operations",
            )
            .hint("what a zone lets in is `enabled` or `disabled`"));
        }
        if of_zone && !self.permanent {
            return Err(Error::arguments(
                "Zone operations must be permanent. Make sure you didn't set the 'permanent' flag to 'false' or the 'immediate' flag to 'true'.",
            ));
        }
        if (of_zone || matches!(thing, Thing::Interface(_))) && self.zone.is_none() {
            return Err(Error::arguments("`zone` is missing"));
        }
        if self.offline && !self.permanent {
            return Err(Error::arguments(
                "offline cannot be enabled unless permanent changes are allowed",
            ));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let thing = self.thing()?;
        let runs = host.query(["firewall-cmd", "--state"]).await?;
        if runs.status == 127 {
            return Err(Error::failed("the host has no firewall-cmd")
                .hint("install the package `firewalld` before"));
        }
        let mut sides = self.sides(runs.success())?;
        if matches!(thing, Thing::Zone | Thing::Target(_)) {
            sides.retain(|side| *side != Side::Now);
        }
        let looks = sides
            .iter()
            .map(|side| self.changing(host, *side, &thing))
            .collect::<Vec<_>>();
        let found = futures::future::try_join_all(looks).await?;
        let mut plan = Plan::default();
        let mut done = Vec::new();
        for (side, words) in sides.iter().zip(found) {
            done.push(match side {
                Side::Now => "Non-permanent operation",
                _ => "Permanent operation",
            });
            let Some(words) = words else { continue };
            let command = self.command(*side, &words);
            let name = match side {
                Side::Now => "firewalld, now",
                _ => "firewalld, permanently",
            };
            let line = format!("{}\n", words.join(" "));
            plan.run_command(command, Some(Diff::text(name, "", line)));
        }
        if sides.len() == 2 {
            done = vec!["Permanent and Non-Permanent(immediate) operation"];
        }
        let mut message: Vec<String> = done.into_iter().map(str::to_owned).collect();
        if !plan.is_empty() {
            message.push(format!("Changed {} to {}", thing.name(), self.state.word()));
        }
        plan.returns("msg", message.join(", "));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let nodes reach etcd",
                yaml: "ansible.posix.firewalld:\n  port: 2379-2381/tcp\n  zone: internal\n  state: enabled\n  permanent: true\n  immediate: true\n",
            },
            Example {
                title: "Trust the pods",
                yaml: "firewalld:\n  source: 10.42.0.0/16\n  zone: trusted\n  state: enabled\n  permanent: true\n  immediate: true\n",
            },
            Example {
                title: "A zone of its own",
                yaml: "firewalld:\n  zone: nodes\n  state: present\n  permanent: true\n",
            },
            Example {
                title: "Where firewalld does not run yet",
                yaml: "firewalld:\n  service: ssh\n  state: enabled\n  permanent: true\n  offline: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("msg", "What was asked for, and what was changed.")]
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Present => "present",
            Self::Absent => "absent",
        }
    }
}

#[cfg(test)]
mod tests;

//! The `iptables` module.

mod arguments;
mod rule;

pub(super) use self::arguments::Iptables;
use self::{
    arguments::{IpVersion, State},
    rule::rule,
};
use k8sbm_core::{
    host::{Command, Output},
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use serde_json::json;
use std::sync::Arc;

impl Iptables {
    fn programs(&self) -> &'static [&'static str] {
        match self.ip_version {
            IpVersion::Ipv4 => &["iptables"],
            IpVersion::Ipv6 => &["ip6tables"],
            IpVersion::Both => &["iptables", "ip6tables"],
        }
    }

    /// A command of iptables; it waits for others that change the rules.
    fn command(&self, program: &str, words: &[&str]) -> Command {
        let start = [program, "-w"].into_iter().chain(self.wait.as_deref());
        let all = start.chain(["-t", self.table.word()]);
        Command::new(all.chain(words.iter().copied()))
    }

    async fn ask(&self, host: &Probe, program: &str, words: &[&str]) -> Result<Arc<Output>> {
        let output = host.query_command(self.command(program, words)).await?;
        if output.status == 127 {
            return Err(Error::failed(format!("the host has no {program}"))
                .hint("install the package `iptables` before"));
        }
        Ok(output)
    }

    /// The rules of the chain as `-S` lists them, or of the table; nothing where there is no such chain.
    async fn listed(&self, host: &Probe, program: &str) -> Result<Option<String>> {
        let words = ["-S"].into_iter().chain(self.chain.as_deref());
        let output = self.ask(host, program, &words.collect::<Vec<_>>()).await?;
        Ok(output.success().then(|| output.text()))
    }

    async fn plan_for(&self, program: &str, host: &Probe, plan: &mut Plan) -> Result<()> {
        let chain = self.chain.as_deref();
        if self.flush {
            let listed = self.listed(host, program).await?.unwrap_or_default();
            let rules = listed.lines().filter(|line| line.starts_with("-A "));
            let rules: String = rules.map(|line| format!("{line}\n")).collect();
            if !rules.is_empty() {
                let words: Vec<&str> = ["-F"].into_iter().chain(chain).collect();
                let diff = Diff::text(self.table.word(), rules, "");
                plan.run_command(self.command(program, &words), Some(diff));
            }
            return Ok(());
        }
        let Some(chain) = chain else {
            return Ok(());
        };
        if let Some(policy) = self.policy {
            return self
                .plan_policy(program, chain, policy.word(), host, plan)
                .await;
        }
        let rule = rule(self);
        let present = self.state == State::Present;
        if self.chain_management && (present || rule.is_empty()) {
            let there = self.listed(host, program).await?.is_some();
            if there != present {
                let words = [if present { "-N" } else { "-X" }, chain];
                plan.run_command(self.command(program, &words), None);
            }
        }
        if rule.is_empty() && (self.chain_management || !present) {
            return Ok(());
        }
        let rule: Vec<&str> = rule.iter().map(String::as_str).collect();
        let check: Vec<&str> = ["-C", chain].into_iter().chain(rule.clone()).collect();
        let there = self.ask(host, program, &check).await?.success();
        if there == present {
            return Ok(());
        }
        let mut words = vec![self.verb(), chain];
        if self.state == State::Present && self.inserts() {
            words.extend(self.rule_num.as_deref());
        }
        words.extend(&rule);
        let line = format!("-A {chain} {}\n", Command::new(rule).line());
        let diff = match present {
            true => Diff::text(self.table.word(), "", line),
            false => Diff::text(self.table.word(), line, ""),
        };
        plan.run_command(self.command(program, &words), Some(diff));
        Ok(())
    }

    fn verb(&self) -> &'static str {
        match self.state {
            State::Absent => "-D",
            State::Present if self.inserts() => "-I",
            State::Present => "-A",
        }
    }

    async fn plan_policy(
        &self,
        program: &str,
        chain: &str,
        wanted: &str,
        host: &Probe,
        plan: &mut Plan,
    ) -> Result<()> {
        let listed = self.listed(host, program).await?.unwrap_or_default();
        let prefix = format!("-P {chain} ");
        let Some(now) = listed.lines().find_map(|line| line.strip_prefix(&prefix)) else {
            return Err(Error::failed(format!("{chain} has no policy"))
                .hint("only the chains that the kernel brings have one, such as INPUT"));
        };
        if now.trim() != wanted {
            let side = |policy: &str| format!("{prefix}{policy}\n");
            let diff = Diff::text(self.table.word(), side(now.trim()), side(wanted));
            plan.run_command(self.command(program, &["-P", chain, wanted]), Some(diff));
        }
        Ok(())
    }
}

impl Task for Iptables {
    const NAME: &'static str = "iptables";

    fn validate(&self) -> Result<()> {
        self.check()
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        for program in self.programs() {
            self.plan_for(program, host, &mut plan).await?;
        }
        let returned = [
            ("ip_version", json!(self.ip_version)),
            ("table", json!(self.table.word())),
            ("chain", json!(self.chain)),
            ("flush", json!(self.flush)),
            ("rule", json!(rule(self).join(" "))),
            ("state", json!(self.state)),
            ("chain_management", json!(self.chain_management)),
            ("wait", json!(self.wait)),
        ];
        plan.returns
            .extend(returned.map(|(key, value)| (key.to_owned(), value)));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let nodes reach the API",
                yaml: "iptables:\n  chain: INPUT\n  action: insert\n  protocol: tcp\n  destination_port: \"6443\"\n  ctstate: NEW\n  jump: ACCEPT\n",
            },
            Example {
                title: "Pods reach each other through the host",
                yaml: "iptables:\n  chain: FORWARD\n  source: 10.42.0.0/16\n  jump: ACCEPT\n  comment: pods\n",
            },
            Example {
                title: "Nothing is forwarded unless a rule says so",
                yaml: "iptables:\n  chain: FORWARD\n  policy: DROP\n",
            },
            Example {
                title: "No rules of a former life",
                yaml: "iptables:\n  table: nat\n  flush: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("rule", "The rule, as iptables takes it."),
            ("chain", "The chain."),
            ("table", "The table."),
            ("state", "`present` or `absent`."),
            ("ip_version", "`ipv4`, `ipv6` or `both`."),
            ("flush", "Whether all rules shall go."),
            ("chain_management", "Whether the chain is made and removed."),
            ("wait", "Seconds to wait for others that change rules."),
        ]
    }
}

#[cfg(test)]
mod tests;

//! The `etcd_member` module.

use super::etcd::{Client, Member, healthy, may_leave, members};
use k8sbm_core::{
    host::Host,
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// Adds a member to a cluster of etcd, removes one, or gives a learner its vote.
///
/// A new member is announced to the cluster before it starts, and starts with `initial_cluster` and the state
/// `existing`. As a learner it first catches up without a vote, so that it cannot cost the majority; `state: promoted`
/// then gives it one. A member whose data is gone (`data_dir`) is a stranger to the cluster though its name and address
/// are known: it is removed and announced anew. What would cost the majority is refused.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EtcdMember {
    /// The member's name. To remove or promote one, its name or its `peer_url` is enough.
    name: Option<String>,
    /// Where other members reach it: `https://10.0.0.11:2380`.
    #[serde(alias = "peer_address")]
    #[schemars(extend("aliases" = ["peer_address"]))]
    peer_url: Option<String>,
    /// What the member is to the cluster.
    #[serde(default)]
    state: State,
    /// Whether a new member begins without a vote. Default true.
    #[serde(default = "yes")]
    learner: bool,
    /// The names of the members that leave in the same run: only a minority can.
    #[serde(default)]
    together_with: Vec<String>,
    /// The directory of the member's data on this host. Where it is empty, a member that the cluster knows is replaced.
    data_dir: Option<String>,
    /// Seconds within which a learner must have caught up to be promoted. Default 60.
    #[serde(default = "a_minute")]
    timeout: u64,
    /// Where etcd is asked. Leave out the host that is added, promoted, or removed because it is dead.
    #[serde(default = "here")]
    endpoints: Vec<String>,
    /// The file of the authority that signed etcd's certificates.
    cacert: Option<String>,
    /// The file of the client's certificate.
    cert: Option<String>,
    /// The file of the client's key.
    key: Option<String>,
    /// The program. Default `etcdctl`.
    #[serde(default = "etcdctl")]
    etcdctl: String,
}

/// What a member is to the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It belongs to it.
    #[default]
    Present,
    /// It does not.
    Absent,
    /// It belongs to it and has a vote.
    Promoted,
    /// Nothing is asked of it: the members are only listed.
    Listed,
}

fn yes() -> bool {
    true
}

fn a_minute() -> u64 {
    60
}

fn here() -> Vec<String> {
    vec!["https://127.0.0.1:2379".into()]
}

fn etcdctl() -> String {
    "etcdctl".into()
}

impl Task for EtcdMember {
    const NAME: &'static str = "etcd_member";

    fn validate(&self) -> Result<()> {
        let refuse = |message: &str| Err(Error::arguments(message.to_owned()));
        match self.state {
            State::Present if self.name.is_none() || self.peer_url.is_none() => {
                refuse("a member that shall be there needs `name` and `peer_url`")
            }
            State::Absent | State::Promoted if self.name.is_none() && self.peer_url.is_none() => {
                refuse("say which member is meant: by `name` or `peer_url`")
            }
            _ => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let list = self.client().command(&["member", "list", "-w", "json"]);
        let all = members(&*host.query_beyond(list).await?)?;
        let found = all.iter().find(|it| self.is_meant(it)).cloned();
        let listed: Vec<_> = all.iter().map(Member::json).collect();
        plan.returns("members", listed);
        plan.returns("initial_cluster", self.initial_cluster(&all));
        match (self.state, found) {
            (State::Listed, _) | (State::Absent, None) => {}
            (State::Absent, Some(member)) => {
                let ask = ["endpoint", "health", "--cluster", "-w", "json"];
                let healthy = healthy(&*host.query_beyond(self.client().command(&ask)).await?)?;
                let leaves =
                    |it: &Member| self.is_meant(it) || self.together_with.contains(&it.name);
                if let Some(warning) = may_leave(&all, leaves, &healthy)? {
                    plan.warn(warning);
                }
                self.remove(&mut plan, &member);
            }
            (State::Present, None) => self.add(&mut plan),
            (State::Present, Some(member)) => {
                // One that never started waits for its first start, and has no data yet.
                if !member.name.is_empty() && self.has_lost_its_data(host).await? {
                    self.remove(&mut plan, &member);
                    self.add(&mut plan);
                } else {
                    self.move_to(&mut plan, &member);
                }
            }
            (State::Promoted, None) => {
                let who = self.who();
                return Err(Error::failed(format!("{who} is no member of the cluster"))
                    .hint("`state: present` adds it"));
            }
            (State::Promoted, Some(member)) if member.learner => self.promote(&mut plan, &member),
            (State::Promoted, Some(_)) => {}
        }
        Ok(plan)
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "members",
                "The members as they were: `id`, `name`, `peer_urls`, `client_urls`, `learner`, `started`.",
            ),
            (
                "initial_cluster",
                "What the new member starts with as `initial-cluster`: all members with their peers' addresses.",
            ),
        ]
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Announce a member before it starts, and again should its disk have been lost",
                yaml: "etcd_member:\n  name: \"{{ inventory_hostname }}\"\n  peer_url: https://{{ node_address }}:2380\n  data_dir: /var/lib/etcd\n  endpoints: [https://10.0.0.11:2379, https://10.0.0.12:2379]\n  cacert: /etc/etcd/pki/ca.crt\n  cert: /etc/etcd/pki/client.crt\n  key: /etc/etcd/pki/client.key\nregister: etcd_announced\n",
            },
            Example {
                title: "Give it a vote once it has caught up",
                yaml: "etcd_member:\n  name: \"{{ inventory_hostname }}\"\n  state: promoted\n  endpoints: [https://10.0.0.11:2379, https://10.0.0.12:2379]\n  cacert: /etc/etcd/pki/ca.crt\n  cert: /etc/etcd/pki/client.crt\n  key: /etc/etcd/pki/client.key\n",
            },
            Example {
                title: "Remove one that is dead",
                yaml: "etcd_member:\n  peer_url: https://10.0.0.13:2380\n  state: absent\n",
            },
        ]
    }
}

impl EtcdMember {
    fn client(&self) -> Client {
        Client {
            program: self.etcdctl.clone(),
            endpoints: self.endpoints.clone(),
            cacert: self.cacert.clone(),
            cert: self.cert.clone(),
            key: self.key.clone(),
        }
    }

    fn who(&self) -> String {
        let who = self.name.as_ref().or(self.peer_url.as_ref());
        who.cloned().unwrap_or_default()
    }

    /// A member that has not started has no name yet: the address tells.
    fn is_meant(&self, member: &Member) -> bool {
        let named = self.name.as_ref().is_some_and(|it| *it == member.name);
        let reached = self.peer_url.as_ref();
        named || reached.is_some_and(|it| member.peers.contains(it))
    }

    async fn has_lost_its_data(&self, host: &Probe) -> Result<bool> {
        match &self.data_dir {
            Some(directory) => Ok(!host.exists(&format!("{directory}/member")).await?),
            None => Ok(false),
        }
    }

    /// All members by name with their addresses, this one among them.
    fn initial_cluster(&self, all: &[Member]) -> String {
        let others = all
            .iter()
            .filter(|it| !self.is_meant(it) && !it.name.is_empty());
        let mut pairs: Vec<(&str, &str)> = others
            .flat_map(|it| {
                it.peers
                    .iter()
                    .map(|peer| (it.name.as_str(), peer.as_str()))
            })
            .collect();
        if let (Some(name), Some(peer), State::Present) = (&self.name, &self.peer_url, self.state) {
            pairs.push((name, peer));
        }
        pairs.sort_unstable();
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, peer)| format!("{name}={peer}"))
            .collect();
        pairs.join(",")
    }

    fn add(&self, plan: &mut Plan) {
        let (name, peer) = (self.who(), self.peer_url.clone().unwrap_or_default());
        let peers = format!("--peer-urls={peer}");
        let mut words = vec!["member", "add", &name, &peers];
        words.extend(self.learner.then_some("--learner"));
        let learner = if self.learner { ", learner" } else { "" };
        let diff = Diff::text("members", "", format!("{name} {peer}{learner}\n"));
        plan.run_command(self.client().command(&words), Some(diff));
    }

    fn remove(&self, plan: &mut Plan, member: &Member) {
        let command = self
            .client()
            .command(&["member", "remove", &member.number()]);
        plan.run_command(command, Some(Diff::text("members", member.told(), "")));
    }

    /// Tells the cluster where a member is now.
    fn move_to(&self, plan: &mut Plan, member: &Member) {
        let Some(peer) = self
            .peer_url
            .as_ref()
            .filter(|it| !member.peers.contains(it))
        else {
            return;
        };
        let (number, peers) = (member.number(), format!("--peer-urls={peer}"));
        let command = self
            .client()
            .command(&["member", "update", &number, &peers]);
        let moved = Member {
            peers: vec![peer.clone()],
            ..member.clone()
        };
        plan.run_command(
            command,
            Some(Diff::text("members", member.told(), moved.told())),
        );
    }

    fn promote(&self, plan: &mut Plan, member: &Member) {
        let (this, number) = (self.clone(), member.number());
        let voting = Member {
            learner: false,
            ..member.clone()
        };
        let diff = Diff::text("members", member.told(), voting.told());
        let summary = format!("promote the member {} when it has caught up", self.who());
        plan.act_with(summary, diff, async move |host| {
            this.promote_when_ready(&host, &number).await
        });
    }

    async fn promote_when_ready(&self, host: &Host, number: &str) -> Result<Returns> {
        let command = self.client().command(&["member", "promote", number]);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(self.timeout);
        loop {
            let output = host.run(command.clone()).await?;
            if output.success() {
                return Ok(Returns::new());
            }
            let said = output.error_text();
            if tokio::time::Instant::now() >= deadline || !said.contains("in sync") {
                let who = self.who();
                return Err(
                    Error::failed(format!("{who} was not promoted: {}", said.trim()))
                        .returning("rc", output.status)
                        .returning("stderr", said),
                );
            }
            host.wait(Duration::from_secs(1)).await;
        }
    }
}

#[cfg(test)]
mod tests;

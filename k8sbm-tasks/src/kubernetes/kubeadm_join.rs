//! The `kubeadm_join` module.

mod joining;

use super::kubeadm::{
    JOIN_FILE, Known, Standing, ask_for_node, ca_cert_hash, configured_name, is_control_plane,
    known_to, no_check_passes_all, passed_over, readiness,
};
use joining::Joining;
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Brings a host into a cluster, as `kubeadm join` does.
///
/// It is done when the kubelet has its configuration and the API knows the host as a node. What was begun and not
/// ended, and a node that the API still knows of a host that was made anew, are refused with the reason; with `repair`
/// both are taken away first. A host that belongs to another cluster is always refused.
///
/// With `from`, what a host joins with (a token, the cluster's hash and, for the control plane, the key of its
/// certificates) is made by that host at the moment of joining, lives for minutes, and is shown nowhere. Hosts of the
/// control plane join one after another, whatever `forks` says: etcd takes one learner at a time.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KubeadmJoin {
    /// A host of the control plane, by its name in the inventory, that makes what this one joins with.
    from: Option<String>,
    /// Whether the host becomes one of the control plane.
    #[serde(default)]
    control_plane: bool,
    /// Where the API is, as `address:port`. Default: as the host of `from` has it.
    endpoint: Option<String>,
    /// A bootstrap token, without `from`.
    token: Option<String>,
    /// What the cluster is known by, without `from`: `sha256:...`.
    #[serde(default)]
    ca_cert_hashes: Vec<String>,
    /// What opens the certificates of the control plane, without `from`.
    certificate_key: Option<String>,
    /// The configuration on the host, as `kubeadm_config` with `kind: join` writes it. Default
    /// `/etc/kubernetes/kubeadm-join.yaml`.
    #[serde(default = "config")]
    config: String,
    /// Checks of kubeadm whose failure is passed over, by name. `all` is not taken.
    #[serde(default)]
    ignore_preflight: Vec<String>,
    /// Phases of kubeadm that are left out.
    #[serde(default)]
    skip_phases: Vec<String>,
    /// The node's name, where neither the configuration nor the host says it.
    node_name: Option<String>,
    /// Whether what was begun and not ended is taken away and begun anew.
    #[serde(default)]
    repair: bool,
    /// Seconds to wait until the API knows the node. Default 60.
    #[serde(default = "sixty")]
    timeout: u64,
}

fn config() -> String {
    JOIN_FILE.into()
}

fn sixty() -> u64 {
    60
}

impl Task for KubeadmJoin {
    const NAME: &'static str = "kubeadm_join";

    fn validate(&self) -> Result<()> {
        no_check_passes_all(&self.ignore_preflight)?;
        let given = [
            ("token", self.token.is_some()),
            ("ca_cert_hashes", !self.ca_cert_hashes.is_empty()),
            ("certificate_key", self.certificate_key.is_some()),
        ];
        if self.from.is_some() {
            let Some((name, _)) = given.iter().find(|(_, given)| *given) else {
                return Ok(());
            };
            return Err(
                Error::arguments(format!("`from` and `{name}` are mutually exclusive"))
                    .hint("the host of `from` makes it when it is needed")
                    .about([*name]),
            );
        }
        let needed = [
            ("endpoint", self.endpoint.is_none()),
            ("token", self.token.is_none()),
            ("ca_cert_hashes", self.ca_cert_hashes.is_empty()),
            (
                "certificate_key",
                self.control_plane && self.certificate_key.is_none(),
            ),
        ];
        match needed.iter().find(|(_, lacking)| *lacking) {
            Some((name, _)) => Err(Error::arguments(format!("`{name}` is missing")).hint(
                "or name a host of the control plane by `from`: it makes all that is needed",
            )),
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        for secret in self.token.iter().chain(&self.certificate_key) {
            host.controller().keep_secret(secret);
        }
        let (standing, name) = tokio::join!(
            Standing::of(host),
            configured_name(
                host,
                self.node_name.as_deref(),
                &self.config,
                "JoinConfiguration"
            )
        );
        let (standing, name) = (standing?, name?);
        let mut plan = Plan::default();
        plan.returns("node", name.as_str());
        let reason = match self.judge(host, &standing, &name, &mut plan).await? {
            Verdict::Joined => return Ok(plan),
            Verdict::Fresh => None,
            Verdict::Half(reason) => Some(reason),
        };
        if let Some(text) = host.read_text(&self.config).await? {
            Joining::in_its_role(&self.config, &text, self.control_plane)?;
        }
        if let Some(reason) = &reason {
            if !self.repair {
                let refused = Error::failed(format!(
                    "`kubeadm join` was begun here and not ended: {reason}"
                ));
                return Err(refused.hint(
                    "`repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host and joins it again; so does `kubeadm_reset`",
                ));
            }
            plan.warn(format!("the host is reset before it joins: {reason}"));
        }
        let joining = self.joining(name, reason.is_some());
        let role = if self.control_plane {
            "control plane"
        } else {
            "cluster"
        };
        plan.act(format!("join the {role}"), |host| joining.run(host));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "More hosts for the control plane, each with credentials of its own",
                yaml: "kubeadm_join:\n  from: \"{{ groups.control_plane[0] }}\"\n  control_plane: true\n",
            },
            Example {
                title: "Workers; one whose first try was interrupted is reset and joins again",
                yaml: "kubeadm_join:\n  from: \"{{ groups.control_plane[0] }}\"\n  repair: true\n",
            },
            Example {
                title: "With credentials that were made elsewhere",
                yaml: "kubeadm_join:\n  endpoint: 192.168.1.100:6443\n  token: \"{{ join.token }}\"\n  ca_cert_hashes: [\"{{ join.ca_cert_hash }}\"]\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("node", "The node's name."),
            (
                "ready",
                "What the API holds of its readiness: `True`, `False` or `Unknown`.",
            ),
            (
                "failed_checks",
                "Where it failed: the names of kubeadm's checks that did.",
            ),
        ]
    }
}

/// How far a host has come.
enum Verdict {
    Fresh,
    Joined,
    Half(String),
}

impl KubeadmJoin {
    async fn judge(
        &self,
        host: &Probe,
        standing: &Standing,
        name: &str,
        plan: &mut Plan,
    ) -> Result<Verdict> {
        let fresh = standing.is_fresh() && standing.ca.is_none();
        let known = match &self.from {
            Some(from) => {
                let leader = host.other(from)?;
                self.of_this_cluster(standing, &leader).await?;
                known_to(&leader, name).await?
            }
            // Nobody can be asked yet.
            None if !standing.has_kubelet() => Known::Absent,
            None => {
                let own = "/etc/kubernetes/kubelet.conf";
                Known::read(
                    &*host
                        .query_beyond(ask_for_node(own, name, self.timeout))
                        .await?,
                )
            }
        };
        let half = |reason: String| Ok(Verdict::Half(reason));
        match known {
            // In check mode, and before the first host is ready.
            Known::Silent(_) if fresh => Ok(Verdict::Fresh),
            Known::Silent(why) => Err(Error::failed(format!(
                "it cannot be said whether the host is joined: the API gives no answer ({why})"
            ))),
            Known::Absent if fresh => Ok(Verdict::Fresh),
            Known::Absent if standing.has_kubelet() => half(format!(
                "the kubelet has its configuration, yet the API knows no node `{name}`"
            )),
            Known::Absent => {
                half("the kubelet has no configuration, yet kubeadm left files".into())
            }
            Known::Node(node) if !standing.has_kubelet() => {
                let id = &node["status"]["nodeInfo"]["machineID"];
                if *id != *standing.machine_id && readiness(&node) == "True" {
                    let message = format!("another host is in the cluster as the node `{name}`");
                    return Err(Error::failed(message)
                        .hint("nodes need names of their own; a host that was made anew is seen as gone within a minute"));
                }
                half(format!(
                    "the API knows the node `{name}`, yet the kubelet has no configuration"
                ))
            }
            Known::Node(node) if is_control_plane(&node) != self.control_plane => {
                let (is, wanted) = match self.control_plane {
                    true => ("a worker", "one of the control plane"),
                    false => ("one of the control plane", "a worker"),
                };
                let serves = standing.manifests.iter().any(|it| it == "kube-apiserver");
                if self.control_plane && serves {
                    return half(format!(
                        "the node `{name}` is not marked as one of the control plane"
                    ));
                }
                Err(
                    Error::failed(format!("the node `{name}` is {is}, and shall be {wanted}"))
                        .hint("take it out with `kubeadm_reset`, then let it join"),
                )
            }
            Known::Node(node) => {
                let ready = readiness(&node);
                plan.returns("ready", ready);
                if ready == "Unknown" {
                    plan.warn(format!(
                        "the kubelet of `{name}` does not report to the API"
                    ));
                }
                Ok(Verdict::Joined)
            }
        }
    }

    /// Refuses a host that belongs to another cluster than the one it shall join.
    async fn of_this_cluster(&self, standing: &Standing, leader: &Probe) -> Result<()> {
        let Some(own) = standing.ca.as_deref() else {
            return Ok(());
        };
        let theirs = leader.read_text("/etc/kubernetes/pki/ca.crt").await?;
        match theirs {
            Some(theirs) if ca_cert_hash(own)? != ca_cert_hash(&theirs)? => Err(Error::failed(
                format!("the host belongs to another cluster than {}", leader.name()),
            )
            .hint("take it out of that one with `kubeadm_reset`")),
            _ => Ok(()),
        }
    }

    fn joining(&self, name: String, repair: bool) -> Joining {
        Joining {
            node: name,
            from: self.from.clone(),
            control_plane: self.control_plane,
            endpoint: self.endpoint.clone(),
            given: self.given(),
            config: self.config.clone(),
            arguments: passed_over(&self.ignore_preflight, &self.skip_phases),
            repair,
            timeout: self.timeout,
        }
    }

    fn given(&self) -> Option<super::kubeadm::Credentials> {
        let token = self.token.clone()?;
        Some(super::kubeadm::Credentials {
            token,
            ca_cert_hashes: self.ca_cert_hashes.clone(),
            certificate_key: self.certificate_key.clone(),
        })
    }
}

#[cfg(test)]
mod tests;

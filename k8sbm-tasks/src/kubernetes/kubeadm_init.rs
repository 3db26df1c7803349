//! The `kubeadm_init` module.

use super::kubeadm::{
    ADMIN, INIT_FILE, Known, Leftovers, Standing, ask_for_node, ca_cert_hash, configured_name,
    is_control_plane, no_check_passes_all, passed_over, run_kubeadm,
};
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes a cluster on its first host, as `kubeadm init` does.
///
/// It is done when the kubelet has its configuration and the API knows the host as a node of its control plane. What
/// was begun and not ended is refused with the reason; with `repair` the host is reset first, unless its API has been
/// up already: that may hold a cluster, and only `kubeadm_reset` takes it away.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KubeadmInit {
    /// The configuration on the host, as `kubeadm_config` writes it. Default `/etc/kubernetes/kubeadm-init.yaml`.
    #[serde(default = "config")]
    config: String,
    /// Whether the certificates are put into the cluster, encrypted, for two hours. `kubeadm_join` does so itself when
    /// a host of the control plane joins.
    #[serde(default)]
    upload_certs: bool,
    /// Checks of kubeadm whose failure is passed over, by name. `all` is not taken.
    #[serde(default)]
    ignore_preflight: Vec<String>,
    /// Phases of kubeadm that are left out, such as `addon/kube-proxy`.
    #[serde(default)]
    skip_phases: Vec<String>,
    /// The node's name, where neither the configuration nor the host says it.
    node_name: Option<String>,
    /// Whether what was begun and not ended is taken away and begun anew.
    #[serde(default)]
    repair: bool,
    /// Seconds to wait for the API of a cluster that is there, as after a reboot. Default 60.
    #[serde(default = "sixty")]
    api_timeout: u64,
}

fn config() -> String {
    INIT_FILE.into()
}

fn sixty() -> u64 {
    60
}

impl Task for KubeadmInit {
    const NAME: &'static str = "kubeadm_init";

    fn validate(&self) -> Result<()> {
        no_check_passes_all(&self.ignore_preflight)
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let (standing, name) = tokio::join!(
            Standing::of(host),
            configured_name(
                host,
                self.node_name.as_deref(),
                &self.config,
                "InitConfiguration"
            )
        );
        let (standing, name) = (standing?, name?);
        let mut plan = Plan::default();
        plan.returns("node", name.as_str());
        if standing.is_fresh() {
            self.begin(&mut plan, false);
            return Ok(plan);
        }
        let reason = match self.unfinished(host, &standing, &name).await? {
            None => {
                tell(&mut plan.returns, &standing)?;
                return Ok(plan);
            }
            Some(reason) => reason,
        };
        if standing.was_up() {
            let refused = Error::failed(format!(
                "a cluster was made here, and is not as it should be: {reason}"
            ));
            return Err(refused.hint(
                "mend what is down; `kubeadm_reset` takes the cluster away, and nothing else does",
            ));
        }
        if !self.repair {
            let refused = Error::failed(format!(
                "`kubeadm init` was begun here and not ended: {reason}"
            ));
            return Err(
                refused.hint("`repair: true`, with k8sbm's own playbooks `-e repair=true`, resets the host first; so does `kubeadm_reset`")
            );
        }
        plan.warn(format!(
            "what `kubeadm init` had begun is taken away: {reason}"
        ));
        self.begin(&mut plan, true);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Make the cluster on its first host",
                yaml: "kubeadm_init:\n",
            },
            Example {
                title: "A host with less memory than kubeadm asks for, and a second try after a failed one",
                yaml: "kubeadm_init:\n  ignore_preflight: [Mem, NumCPU]\n  repair: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("node", "The node's name."),
            (
                "endpoint",
                "Where the API is: `https://192.168.1.100:6443`.",
            ),
            (
                "ca_cert_hash",
                "By what those who join know the cluster: `sha256:...`.",
            ),
            (
                "failed_checks",
                "Where it failed: the names of kubeadm's checks that did.",
            ),
        ]
    }
}

impl KubeadmInit {
    /// Why the cluster is not there as a whole, if it is not.
    async fn unfinished(
        &self,
        host: &Probe,
        standing: &Standing,
        name: &str,
    ) -> Result<Option<String>> {
        if !standing.has_kubelet() {
            let there = standing.manifests.join(", ");
            return Ok(Some(format!(
                "the kubelet has no configuration, yet there are static pods ({there})"
            )));
        }
        if standing.is_torn() {
            return Ok(Some(
                "the kubelet trusts another authority than /etc/kubernetes/pki/ca.crt".into(),
            ));
        }
        let patience = if standing.was_up() {
            self.api_timeout
        } else {
            0
        };
        let output = host
            .query_beyond(ask_for_node(ADMIN, name, patience))
            .await?;
        Ok(match Known::read(&output) {
            Known::Silent(why) => Some(format!("the API gives no answer ({why})")),
            Known::Absent => Some(format!("the API knows no node `{name}`")),
            Known::Node(node) if !is_control_plane(&node) => {
                Some(format!("the node `{name}` is none of the control plane"))
            }
            Known::Node(_) => None,
        })
    }

    fn begin(&self, plan: &mut Plan, repair: bool) {
        let mut argv = vec![
            "kubeadm",
            "init",
            "--config",
            &self.config,
            "--skip-token-print",
        ];
        if self.upload_certs {
            argv.extend(["--upload-certs", "--skip-certificate-key-print"]);
        }
        let passed_over = passed_over(&self.ignore_preflight, &self.skip_phases);
        argv.extend(passed_over.iter().map(String::as_str));
        let command = Command::new(argv);
        if repair {
            plan.act("reset the host", |host| async move {
                Leftovers::clear_to_begin_anew(&host).await?;
                Ok(Returns::new())
            });
        }
        plan.act("initialise the cluster", |host: Host| async move {
            run_kubeadm(&host, "init", command).await?;
            settle(&host).await?;
            let mut returns = Returns::new();
            tell(&mut returns, &Standing::of(host.probe()).await?)?;
            Ok(returns)
        });
    }
}

/// An API that has just begun answers before its own roles are there, and refuses even its administrator.
const SETTLED: &str = "command -v kubectl >/dev/null || exit 0
for second in $(seq 60); do
  kubectl --kubeconfig /etc/kubernetes/admin.conf auth can-i '*' '*' --all-namespaces >/dev/null 2>&1 && exit 0
  sleep 1
done
exit 1";

/// Waits until the administrator may do all.
async fn settle(host: &Host) -> Result<()> {
    match host.run(Command::shell(SETTLED)).await?.success() {
        true => Ok(()),
        false => Err(Error::failed(
            "the cluster has begun, and after a minute its administrator still may do nothing",
        )
        .hint("`kubectl get --raw /readyz?verbose` on the host says what the API waits for")),
    }
}

fn tell(returns: &mut Returns, standing: &Standing) -> Result<()> {
    if let Some(server) = standing.server() {
        returns.insert("endpoint".into(), server.into());
    }
    if let Some(ca) = &standing.ca {
        returns.insert("ca_cert_hash".into(), ca_cert_hash(ca)?.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;

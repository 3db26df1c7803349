//! `k8s_wait`: waits for objects of the API.

mod goal;

use self::goal::{For, Goal};
use super::cluster::{Cluster, Condition, Patience, Refusal, admin_conf, passing, resource};
use k8sbm_core::{
    host::Host,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;
use tokio::time::Instant;

/// Waits until objects of the Kubernetes API are as they shall be; changes nothing.
///
/// Who gives up says which object, which condition, and for workloads and pods what the failing container said last.
/// What is so already costs one look. An API that is not reachable, or does not know the kind yet, is waited for too.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8sWait {
    /// The kind, such as `Deployment`.
    kind: String,
    /// The API version of the kind. Without it the API decides.
    api_version: Option<String>,
    /// The name of one object. Without it, every object that the selectors leave, and at least one.
    name: Option<String>,
    /// The namespace. Without it all namespaces, or `default` for one object by name.
    namespace: Option<String>,
    /// Label selectors that must all hold.
    #[serde(default)]
    label_selectors: Vec<String>,
    /// Field selectors that must all hold.
    #[serde(default)]
    field_selectors: Vec<String>,
    /// What to wait for. Default `ready`, or `condition` or `jsonpath` where that is said.
    #[serde(rename = "for")]
    goal: Option<For>,
    /// The condition to wait for: `Available`, or a mapping with `type`, `status` and `reason`.
    condition: Option<Json>,
    /// A path into the object, such as `{.status.phase}`.
    jsonpath: Option<String>,
    /// What stands at `jsonpath`. Without it anything may stand there.
    value: Option<String>,
    /// Seconds to wait in all.
    #[serde(default = "five_minutes", alias = "wait_timeout")]
    #[schemars(extend("aliases" = ["wait_timeout"]))]
    timeout: u64,
    /// Seconds between two looks.
    #[serde(default = "two", alias = "wait_sleep")]
    #[schemars(extend("aliases" = ["wait_sleep"]))]
    sleep: u64,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

fn five_minutes() -> u64 {
    300
}

fn two() -> u64 {
    2
}

impl K8sWait {
    fn goal(&self) -> Result<Goal> {
        let goal = match (self.goal, &self.condition, &self.jsonpath) {
            (Some(goal), _, _) => goal,
            (None, Some(_), _) => For::Condition,
            (None, None, Some(_)) => For::Jsonpath,
            _ => For::Ready,
        };
        Ok(match goal {
            For::Condition => Goal::Condition(self.condition()?),
            For::Jsonpath => {
                let path = self.jsonpath.clone();
                let path =
                    path.ok_or_else(|| Error::arguments("`for: jsonpath` needs `jsonpath`"))?;
                super::cluster::jsonpath(&Json::Null, &path)?;
                Goal::Jsonpath(path, self.value.clone())
            }
            other => Goal::Plain(other),
        })
    }

    fn condition(&self) -> Result<Condition> {
        let wrong = || {
            Error::arguments(
                "`condition` is a type such as `Available`, or has `type`, `status` and `reason`",
            )
        };
        match &self.condition {
            Some(Json::String(text)) => {
                let (kind, status) = text.split_once('=').unwrap_or((text, "True"));
                Ok(Condition {
                    kind: kind.into(),
                    status: status.into(),
                    reason: None,
                })
            }
            Some(value) => serde_json::from_value(value.clone()).map_err(|_| wrong()),
            None => Err(wrong()),
        }
    }

    async fn found(&self, cluster: &Cluster) -> Result<Vec<Json>, Refusal> {
        let mut words = vec![resource(&self.kind, self.api_version.as_deref())];
        words.extend(self.name.clone());
        match &self.namespace {
            Some(namespace) => words.extend(["-n".into(), namespace.clone()]),
            None if self.name.is_none() => words.push("-A".into()),
            None => {}
        }
        if !self.label_selectors.is_empty() {
            words.extend(["-l".into(), self.label_selectors.join(",")]);
        }
        if !self.field_selectors.is_empty() {
            words.extend(["--field-selector".into(), self.field_selectors.join(",")]);
        }
        cluster.list(&words).await
    }

    /// What is waited for, in words.
    fn what(&self) -> String {
        let name = self
            .name
            .as_deref()
            .map(|it| format!(" {it}"))
            .unwrap_or_default();
        let labels = match self.label_selectors.join(",") {
            labels if labels.is_empty() => labels,
            labels => format!(" with {labels}"),
        };
        let namespace = self
            .namespace
            .as_deref()
            .map(|it| format!(" in {it}"))
            .unwrap_or_default();
        format!("{}{name}{labels}{namespace}", self.kind)
    }

    /// The objects, or the first that is not as it shall be, and why.
    async fn look(
        &self,
        cluster: &Cluster,
        goal: &Goal,
    ) -> Result<Result<Vec<Json>, (Option<Json>, String)>> {
        let found = match self.found(cluster).await {
            Ok(found) => found,
            Err(refusal) => return Ok(Err((None, passing(refusal)?))),
        };
        Ok(match goal.missing(cluster, &self.what(), &found).await? {
            None => Ok(found),
            Some(missing) => Err(missing),
        })
    }

    async fn wait(self, host: Host, goal: Goal) -> Result<Returns> {
        let (start, limit) = (Instant::now(), Duration::from_secs(self.timeout));
        loop {
            let left = limit.saturating_sub(start.elapsed());
            let (object, why) = match Cluster::open(host.probe(), &self.kubeconfig).await? {
                None => (None, format!("there is no {} yet", self.kubeconfig)),
                Some(cluster) => match self.look(&cluster, &goal).await? {
                    Ok(found) => return Ok(returns(found, start.elapsed().as_secs())),
                    Err((object, why)) if left.is_zero() => {
                        let mut patience = Patience::seconds(self.timeout);
                        patience.pause = Duration::from_secs(self.sleep);
                        return Err(patience.given_up(&cluster, object, why).await);
                    }
                    Err(missing) => missing,
                },
            };
            if left.is_zero() {
                drop(object);
                return Err(Error::failed(format!(
                    "not so within {} s: {why}",
                    self.timeout
                )));
            }
            host.wait(Duration::from_secs(self.sleep.max(1)).min(left))
                .await;
        }
    }
}

fn returns(found: Vec<Json>, elapsed: u64) -> Returns {
    [
        ("resources".to_owned(), Json::Array(found)),
        ("elapsed".to_owned(), elapsed.into()),
    ]
    .into_iter()
    .collect()
}

impl Task for K8sWait {
    const NAME: &'static str = "k8s_wait";

    fn validate(&self) -> Result<()> {
        self.goal().map(drop)
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let goal = self.goal()?;
        if let Some(cluster) = Cluster::open(host, &self.kubeconfig).await?
            && let Ok(found) = self.look(&cluster, &goal).await?
        {
            plan.returns.extend(returns(found, 0));
            return Ok(plan);
        }
        let this = self.clone();
        plan.observe(format!("wait for {}: {goal}", self.what()), |host| {
            this.wait(host, goal)
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Wait until all nodes are ready",
                yaml: "k8s_wait:\n  kind: Node\n  timeout: 600\n",
            },
            Example {
                title: "Wait until a rollout is over",
                yaml: "k8s_wait:\n  kind: DaemonSet\n  api_version: apps/v1\n  name: kube-flannel-ds\n  namespace: kube-flannel\n  for: rollout\n",
            },
            Example {
                title: "Wait until a kind can be used, and its webhook answers",
                yaml: "- k8s_wait:\n    kind: CustomResourceDefinition\n    name: ipaddresspools.metallb.io\n    for: crd_established\n- k8s_wait:\n    kind: Service\n    name: metallb-webhook-service\n    namespace: metallb-system\n    for: endpoints\n",
            },
            Example {
                title: "Wait for a condition, and for a value",
                yaml: "- k8s_wait:\n    kind: TigeraStatus\n    condition: Available\n- k8s_wait:\n    kind: PersistentVolumeClaim\n    name: data\n    namespace: shop\n    jsonpath: \"{.status.phase}\"\n    value: Bound\n",
            },
            Example {
                title: "Wait until a service has an address of the load balancer",
                yaml: "k8s_wait:\n  kind: Service\n  name: ingress\n  namespace: ingress\n  for: lb_ip\nregister: ingress\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("resources", "The objects, as they are then."),
            ("elapsed", "How many seconds it took."),
        ]
    }
}

#[cfg(test)]
mod tests;

//! `k8s_info`: asks the API for objects.

use super::cluster::{
    Cluster, Condition, Patience, Refusal, Why, admin_conf, no_cluster, passing, resource,
};
use k8sbm_core::task::{Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;
use tokio::time::Instant;

/// Returns objects of the Kubernetes API; changes nothing.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8sInfo {
    /// The kind, such as `Pod`.
    kind: String,
    /// The API version of the kind, such as `apps/v1`. Without it the API decides.
    #[serde(default, alias = "api", alias = "version")]
    #[schemars(extend("aliases" = ["api", "version"]))]
    api_version: Option<String>,
    /// The name of one object; all when absent.
    name: Option<String>,
    /// The namespace; all when absent.
    namespace: Option<String>,
    /// Label selectors that must all hold, such as `app=web` or `tier in (a, b)`.
    #[serde(default)]
    label_selectors: Vec<String>,
    /// Field selectors that must all hold, such as `status.phase=Running`.
    #[serde(default)]
    field_selectors: Vec<String>,
    /// Waits until there are objects, and all of them are ready.
    #[serde(default)]
    wait: bool,
    /// A condition to wait for instead of readiness.
    wait_condition: Option<Condition>,
    /// Seconds to wait.
    #[serde(default = "two_minutes")]
    wait_timeout: u64,
    /// Seconds between two looks.
    #[serde(default = "two")]
    wait_sleep: u64,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

fn two_minutes() -> u64 {
    120
}

fn two() -> u64 {
    2
}

impl K8sInfo {
    async fn found(&self, cluster: &Cluster) -> Result<Vec<Json>, Refusal> {
        let mut words = vec![resource(&self.kind, self.api_version.as_deref())];
        words.extend(self.name.clone());
        match &self.namespace {
            Some(namespace) => words.extend(["-n".into(), namespace.clone()]),
            // One object by name needs one namespace; that of kubectl is `default`.
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

    fn patience(&self) -> Option<Patience> {
        (self.wait || self.wait_condition.is_some()).then(|| Patience {
            limit: Duration::from_secs(self.wait_timeout),
            pause: Duration::from_secs(self.wait_sleep.max(1)),
            condition: self.wait_condition.clone(),
        })
    }

    async fn until_ready(self, cluster: Cluster, patience: Patience) -> Result<Returns> {
        let end = Instant::now() + patience.limit;
        loop {
            let (left, why) = match self.found(&cluster).await {
                Ok(found) if found.is_empty() => (None, format!("there is no {}", self.kind)),
                Ok(found) => match found
                    .iter()
                    .find_map(|it| Some((it.clone(), patience.missing(it)?)))
                {
                    None => return Ok(returns(found)),
                    Some((object, why)) => {
                        let key = super::cluster::Key::of(&object);
                        (Some(object), format!("{key}: {why}"))
                    }
                },
                Err(refusal) => (None, passing(refusal)?),
            };
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(patience.given_up(&cluster, left, why).await);
            }
            cluster.probe().wait(patience.pause.min(rest)).await;
        }
    }
}

fn returns(found: Vec<Json>) -> Returns {
    [
        ("resources".to_owned(), Json::Array(found)),
        ("api_found".to_owned(), true.into()),
    ]
    .into_iter()
    .collect()
}

impl Task for K8sInfo {
    const NAME: &'static str = "k8s_info";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let Some(cluster) = Cluster::open(host, &self.kubeconfig).await? else {
            return Err(no_cluster(&self.kubeconfig));
        };
        if let Some(patience) = self.patience() {
            let this = self.clone();
            plan.observe(format!("wait for {}", self.kind), |_| {
                this.until_ready(cluster, patience)
            });
            return Ok(plan);
        }
        match self.found(&cluster).await {
            Ok(found) => plan.returns.extend(returns(found)),
            Err(refusal) if refusal.why == Why::NoKind => {
                plan.returns("resources", Vec::<Json>::new());
                plan.returns("api_found", false);
            }
            Err(refusal) => return Err(refusal.into()),
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "The nodes of the cluster",
                yaml: "kubernetes.core.k8s_info:\n  kind: Node\nregister: nodes\n",
            },
            Example {
                title: "Pods of the control plane that do not run",
                yaml: "k8s_info:\n  kind: Pod\n  namespace: kube-system\n  label_selectors: [tier=control-plane]\n  field_selectors: [status.phase!=Running]\nregister: broken\n",
            },
            Example {
                title: "Wait until a deployment is available",
                yaml: "k8s_info:\n  api_version: apps/v1\n  kind: Deployment\n  name: coredns\n  namespace: kube-system\n  wait: true\n  wait_timeout: 300\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("resources", "The objects, as the API has them."),
            ("api_found", "Whether the API knows the kind."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        kubernetes::cluster::Api,
        testing::{Desk, apply_on, plan_on, probe, told},
    };
    use k8sbm_core::connection::FakeHost;
    use serde_json::{Value as Json, json};

    fn pod(name: &str, ready: bool) -> Json {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"}, "status": {"phase": "Running",
            "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
            "containerStatuses": [{"name": "web", "ready": ready, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 3}]}})
    }

    #[tokio::test]
    async fn objects_are_returned_while_planning() {
        let api = Api::with([pod("a", true), pod("b", true)]);
        let plan = plan_on(&api.probe(), "k8s_info", "{kind: Pod, namespace: shop}")
            .await
            .unwrap();
        assert!(plan.is_empty());
        assert_eq!(plan.returns["resources"].as_array().unwrap().len(), 2);
        let plan = plan_on(
            &api.probe(),
            "k8s_info",
            "{kind: Pod, namespace: shop, name: b}",
        )
        .await
        .unwrap();
        assert_eq!(plan.returns["resources"][0]["metadata"]["name"], "b");
    }

    #[tokio::test]
    async fn an_unknown_kind_is_no_error() {
        let api = Api::default().refusing(
            "get",
            "error: the server doesn't have a resource type \"Store\"",
        );
        let plan = plan_on(&api.probe(), "k8s_info", "{kind: Store}")
            .await
            .unwrap();
        assert_eq!(plan.returns["api_found"], false);
    }

    #[tokio::test]
    async fn there_must_be_a_cluster() {
        let host = probe(FakeHost::new(), Desk::default());
        assert!(
            told(&host, "k8s_info", "{kind: Pod}")
                .await
                .starts_with("error: there is no /etc/kubernetes/admin.conf")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_says_why() {
        let api = Api::with([pod("a", false)]);
        let error = apply_on(
            &api.probe(),
            "k8s_info",
            "{kind: Pod, namespace: shop, wait: true, wait_timeout: 5}",
        )
        .await;
        insta::assert_snapshot!(error.unwrap_err(), @r"
        not ready within 5 s: Pod shop/a: Ready is False
        pod a: container web: CrashLoopBackOff
          the last line
        ");
    }
}

//! `k8s`: objects of the API.

mod patching;
mod pruning;

use super::cluster::{
    Applying, Condition, Patience, admin_conf, defined, documents, into_namespace, plan_absent,
};
use k8sbm_core::task::{Error, Example, FileSearch, Plan, Probe, Result, Task, TemplateOptions};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Makes objects of the Kubernetes API be as a manifest says.
///
/// Runs `kubectl` on a host of the control plane. What differs is found by the server's own dry run, so that defaults
/// and webhooks count; only what differs is applied, on the server's side, with the field manager `k8sbm`.
/// Namespaces and definitions of kinds come first, whatever their place in the manifest; an object whose namespace or
/// kind comes with the same manifest is told as new. A webhook that is still starting is asked again.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8s {
    /// Whether the objects shall be there, be gone, or be patched where they are there. What has to be deleted is gone
    /// when the task ends.
    #[serde(default)]
    state: State,
    /// The objects: YAML text with any number of documents, a mapping, or a list of either.
    #[serde(default, alias = "resource_definition", alias = "inline")]
    #[schemars(extend("aliases" = ["resource_definition", "inline"]))]
    definition: Option<Json>,
    /// A manifest on the controller, looked for in `files/`.
    src: Option<String>,
    /// A template of a manifest on the controller, looked for in `templates/`.
    template: Option<String>,
    /// The kind of an object that is said by its name.
    kind: Option<String>,
    /// The API version of that kind, such as `apps/v1`.
    #[serde(default = "v1", alias = "api", alias = "version")]
    #[schemars(extend("aliases" = ["api", "version"]))]
    api_version: String,
    /// The name of that object.
    name: Option<String>,
    /// The namespace of objects that say none.
    namespace: Option<String>,
    /// Takes over fields that other managers own with other values. Otherwise that is an error which names them.
    #[serde(default, alias = "force")]
    #[schemars(extend("aliases" = ["force"]))]
    force_conflicts: bool,
    /// Who merges fields: always the server, so `server_side`; `true` and `false` are taken for it.
    #[serde(default = "server_side")]
    apply: String,
    /// A label selector: objects with these labels that the manifest does not have are deleted. It looks in the
    /// manifest's namespaces, and among its kinds and the usual kinds of workloads.
    prune: Option<String>,
    /// How a patch is merged: `strategic-merge`, `merge` or `json`. The first one counts.
    #[serde(default = "strategic")]
    merge_type: Vec<String>,
    /// Waits until the objects are ready: workloads available, pods ready, claims bound, kinds established.
    #[serde(default)]
    wait: bool,
    /// A condition to wait for instead.
    wait_condition: Option<Condition>,
    /// Seconds to wait, for readiness and for deletion.
    #[serde(default = "two_minutes")]
    wait_timeout: u64,
    /// Seconds between two looks.
    #[serde(default = "two")]
    wait_sleep: u64,
    /// Seconds to try again while a webhook does not answer yet. Default 120.
    #[serde(default = "two_minutes")]
    webhook_retry: u64,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

/// What shall be of the objects.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// They are there as written.
    #[default]
    Present,
    /// They are not there.
    Absent,
    /// Those that are there are changed as written.
    Patched,
}

fn v1() -> String {
    "v1".into()
}

fn server_side() -> String {
    "server_side".into()
}

fn strategic() -> Vec<String> {
    vec!["strategic-merge".into()]
}

fn two_minutes() -> u64 {
    120
}

fn two() -> u64 {
    2
}

impl K8s {
    /// The objects that are meant.
    fn objects(&self, host: &Probe) -> Result<Vec<Json>> {
        let controller = host.controller();
        let mut objects = Vec::new();
        if let Some(definition) = &self.definition {
            objects.extend(defined(definition)?);
        }
        if let Some(src) = &self.src {
            let content = controller.read(&controller.find(FileSearch::Files, src)?)?;
            objects.extend(documents(src, &String::from_utf8_lossy(&content))?);
        }
        if let Some(template) = &self.template {
            let path = controller.find(FileSearch::Templates, template)?;
            let text = controller.render(&path, &TemplateOptions::default(), &[])?;
            objects.extend(documents(template, &text)?);
        }
        if let (Some(kind), Some(name)) = (&self.kind, &self.name)
            && objects.is_empty()
        {
            objects.push(
                json!({"apiVersion": self.api_version, "kind": kind, "metadata": {"name": name}}),
            );
        }
        if let Some(namespace) = &self.namespace {
            into_namespace(&mut objects, namespace);
        }
        Ok(objects)
    }

    fn patience(&self) -> Option<Patience> {
        (self.wait || self.wait_condition.is_some()).then(|| Patience {
            limit: Duration::from_secs(self.wait_timeout),
            pause: Duration::from_secs(self.wait_sleep.max(1)),
            condition: self.wait_condition.clone(),
        })
    }
}

impl Task for K8s {
    const NAME: &'static str = "k8s";

    fn validate(&self) -> Result<()> {
        let sources = [
            self.definition.is_some(),
            self.src.is_some(),
            self.template.is_some(),
        ];
        match sources.into_iter().filter(|it| *it).count() {
            0 if self.kind.is_none() || self.name.is_none() => {
                return Err(Error::arguments("no object is named")
                    .hint("say `definition`, `src`, `template`, or `kind` and `name`"));
            }
            0 | 1 => {}
            _ => {
                return Err(Error::arguments(
                    "`definition`, `src` and `template` are mutually exclusive",
                ));
            }
        }
        if self.prune.is_some() && self.state != State::Present {
            return Err(Error::arguments("`prune` goes with `state: present`"));
        }
        if !["server_side", "true", "false"].contains(&&*self.apply.to_ascii_lowercase()) {
            return Err(Error::arguments("`apply` is `server_side`"));
        }
        let known = ["strategic-merge", "merge", "json"];
        match self.merge_type.first() {
            Some(first) if known.contains(&&**first) => Ok(()),
            _ => Err(Error::arguments(
                "`merge_type` is `strategic-merge`, `merge` or `json`",
            )),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let objects = self.objects(host)?;
        match self.state {
            State::Present => {
                let applying = Applying {
                    force: self.force_conflicts,
                    retry: Duration::from_secs(self.webhook_retry),
                    wait: self.patience(),
                    ..Applying::of(objects.clone(), &self.kubeconfig)
                };
                applying.plan(host, &mut plan).await?;
                if let Some(selector) = &self.prune {
                    pruning::plan(selector, &objects, self, host, &mut plan).await?;
                }
            }
            State::Absent => {
                let limit = Duration::from_secs(self.wait_timeout);
                plan_absent(objects, self.kubeconfig.clone(), limit, host, &mut plan).await?;
            }
            State::Patched => patching::plan(objects, self, host, &mut plan).await?,
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A namespace that admits privileged pods",
                yaml: "kubernetes.core.k8s:\n  definition:\n    apiVersion: v1\n    kind: Namespace\n    metadata:\n      name: storage\n      labels:\n        pod-security.kubernetes.io/enforce: privileged\n",
            },
            Example {
                title: "A manifest with its own kinds; the objects of these kinds wait for its webhook",
                yaml: "- k8s:\n    src: metallb-native.yaml\n    wait: true\n    wait_timeout: 300\n- k8s:\n    template: pool.yml.j2\n    namespace: metallb-system\n    webhook_retry: 180\n",
            },
            Example {
                title: "An application whose former objects go",
                yaml: "k8s:\n  src: shop.yml\n  namespace: shop\n  prune: app.kubernetes.io/part-of=shop\n",
            },
            Example {
                title: "Let CoreDNS have three replicas",
                yaml: "k8s:\n  state: patched\n  api_version: apps/v1\n  kind: Deployment\n  name: coredns\n  namespace: kube-system\n  definition:\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: coredns, namespace: kube-system}\n    spec: {replicas: 3}\n",
            },
            Example {
                title: "No such job any more",
                yaml: "k8s:\n  state: absent\n  api_version: batch/v1\n  kind: Job\n  name: migrate\n  namespace: shop\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "result",
            "The object as the API has it then; of several, `results` with a `result` each. The values of Secrets are left out.",
        )]
    }
}

#[cfg(test)]
mod tests;

//! `kube`: manifests that lie on the host, as kubespray's module of that name takes them.

mod manifests;

use self::manifests::Manifests;
use super::cluster::{Access, Applying, Cluster, admin_conf, no_cluster, plan_absent};
use k8sbm_core::{
    host::Host,
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;

/// Makes objects of the Kubernetes API be as manifests say that lie on the host.
///
/// It takes what kubespray's module of this name takes, and tells what `k8s` tells: `changed` means that the API had
/// something else, and only what differs is applied. Fields that others own are taken over. `k8s` says more, and takes
/// its manifests from the controller.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kube {
    /// The manifests on the host: files, or directories of them. Where one is not there yet, check mode cannot tell
    /// what is in it.
    #[serde(default, alias = "files", alias = "file", alias = "filenames")]
    #[schemars(extend("aliases" = ["files", "file", "filenames"]))]
    filename: Vec<String>,
    /// Whether the objects shall be there as written (`present`, `latest` and `reloaded` say the same), or be gone;
    /// `exists` asks whether they are there.
    #[serde(default)]
    state: State,
    /// The name of an object, together with `resource`; beside `filename` it is of no account.
    name: Option<String>,
    /// The kind of object to remove or to ask for, as kubectl takes it: `deploy`, `svc`, `pods`.
    resource: Option<String>,
    /// The namespace of objects that say none.
    namespace: Option<String>,
    /// A label selector for objects of a kind.
    label: Option<String>,
    /// All objects of a kind: to remove, in the namespace; to ask for, in any.
    #[serde(default)]
    all: bool,
    /// Whether directories are read with all below.
    #[serde(default)]
    recursive: bool,
    /// The program. Default `kubectl`.
    #[serde(default = "kubectl")]
    kubectl: String,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
    /// The address of the API, where it is not the kubeconfig's.
    server: Option<String>,
    /// Taken, and of no account: what conflicts is taken over in any case, and what is missing is no error.
    #[serde(default)]
    #[expect(dead_code, reason = "always so")]
    force: bool,
    /// Taken, and of no account: what is removed is gone when the task ends. `k8s` waits until objects are ready.
    #[serde(default)]
    #[expect(dead_code, reason = "always so")]
    wait: bool,
    /// Taken, and of no account: what kubectl says besides is not shown.
    #[serde(default)]
    #[expect(dead_code, reason = "it is not shown")]
    log_level: u8,
}

/// What shall be of the objects.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// They are there as written.
    #[default]
    Present,
    /// They are there as written.
    Latest,
    /// They are there as written.
    Reloaded,
    /// They are not there.
    Absent,
    /// Nothing shall be of them: it is asked whether they are there.
    Exists,
    /// Refused: kubectl has no such command any more.
    Stopped,
}

fn kubectl() -> String {
    "kubectl".into()
}

/// How long objects may take to go.
const LONGEST: Duration = Duration::from_secs(300);

impl Kube {
    fn access(&self) -> Access {
        Access {
            kubectl: self.kubectl.clone(),
            kubeconfig: self.kubeconfig.clone(),
            server: self.server.clone(),
        }
    }

    fn manifests(&self) -> Manifests {
        Manifests {
            paths: self.filename.clone(),
            recursive: self.recursive,
            namespace: self.namespace.clone(),
        }
    }

    async fn present(&self, host: &Probe, plan: &mut Plan) -> Result<()> {
        let Some(objects) = self.manifests().read(host).await? else {
            let (manifests, access) = (self.manifests(), self.access());
            let summary = format!("apply {}", self.filename.join(", "));
            plan.act(summary, async move |host: Host| {
                let objects = manifests.there(host.probe()).await?;
                let mut plan = Plan::default();
                applying(objects, access)
                    .plan(host.probe(), &mut plan)
                    .await?;
                plan.apply(&host).await
            });
            return Ok(());
        };
        applying(objects, self.access()).plan(host, plan).await
    }

    /// The objects that are meant and are there.
    async fn current(&self, host: &Probe) -> Result<Vec<Json>> {
        let Some(cluster) = Cluster::open(host, self.access()).await? else {
            return Err(no_cluster(&self.kubeconfig));
        };
        if !self.filename.is_empty() {
            let objects = self.manifests().there(host).await?;
            return Ok(cluster.current(&objects).await?);
        }
        let everywhere = self.all && self.state == State::Exists;
        let mut words: Vec<&str> = self.resource.as_deref().into_iter().collect();
        words.extend(self.name.as_deref());
        match &self.namespace {
            _ if everywhere => words.push("-A"),
            Some(namespace) => words.extend(["-n", namespace]),
            None => {}
        }
        if let Some(label) = &self.label {
            words.extend(["-l", label]);
        }
        Ok(cluster.list(&words).await?)
    }
}

fn applying(objects: Vec<Json>, access: Access) -> Applying {
    Applying {
        force: true,
        ..Applying::of(objects, access)
    }
}

impl Task for Kube {
    const NAME: &'static str = "kube";

    fn validate(&self) -> Result<()> {
        let told = !self.filename.is_empty();
        match self.state {
            State::Stopped => Err(
                Error::arguments("`state: stopped` is of old kubectls alone")
                    .hint("`absent` removes objects; a `k8s` task with `replicas: 0` lets pods end")
                    .about(["state"]),
            ),
            State::Present | State::Latest | State::Reloaded if !told => Err(Error::arguments(
                "`filename` is missing: it says what shall be there",
            )),
            State::Absent | State::Exists if !told && self.resource.is_none() => {
                Err(Error::arguments("no object is named").hint("say `filename`, or `resource`"))
            }
            State::Absent if !told && self.name.is_none() && self.label.is_none() && !self.all => {
                Err(Error::arguments("no object of that kind is named")
                    .hint("say `name` or `label`; `all: true` means all of the namespace"))
            }
            _ => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        match self.state {
            State::Exists => {
                let there = !self.current(host).await?.is_empty();
                plan.returns("msg", if there { "True" } else { "False" });
                return Ok(plan);
            }
            State::Absent => {
                let current = self.current(host).await?;
                if !current.is_empty() {
                    plan_absent(current, self.access(), LONGEST, host, &mut plan).await?;
                }
            }
            _ => self.present(host, &mut plan).await?,
        }
        let done: Vec<&str> = plan.steps.iter().map(|it| it.summary.as_str()).collect();
        let done = format!("success: {}", done.join(" "));
        plan.returns("msg", done.trim_end());
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Manifests that were put on the host before",
                yaml: "- template:\n    src: coredns.yml.j2\n    dest: /etc/kubernetes/coredns.yml\n    mode: \"0640\"\n- kube:\n    filename: /etc/kubernetes/coredns.yml\n    state: latest\n    kubectl: /usr/local/bin/kubectl\n",
            },
            Example {
                title: "No such job any more",
                yaml: "kube:\n  name: calico-upgrade\n  resource: job\n  namespace: kube-system\n  state: absent\n",
            },
            Example {
                title: "Is it there?",
                yaml: "kube:\n  name: metallb-system\n  resource: ns\n  state: exists\nregister: metallb\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "msg",
                "What is done; with `state: exists` the text `True` or `False`.",
            ),
            (
                "result",
                "The object as the API has it then; of several, `results` with a `result` each.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests;

//! The `artifact_pull` module.

use super::{fetching::Fetching, locked::Locked};
use crate::artifacts::{AT_ONCE, Artifact, Kind, Lock, unknown};
use futures::{StreamExt as _, stream};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// Fetches artefacts to the controller, and checks them, before anything is installed.
///
/// With a directory of artefacts it is checked whether all are there and right. Else what is not yet in the
/// controller's cache is fetched. All that cannot be had is told at once. It runs once for all hosts, touches none, and
/// never counts as a change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArtifactPull {
    /// Names in the lock; all of it when absent.
    #[serde(default)]
    names: Vec<String>,
    /// Only artefacts of these kinds.
    #[serde(default)]
    kinds: Vec<Kind>,
}

impl Task for ArtifactPull {
    const NAME: &'static str = "artifact_pull";
    const RUN_ONCE: bool = true;

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let chosen = self.chosen(host)?;
        let mut plan = Plan::default();
        let names: Vec<Json> = chosen.iter().map(|it| it.name.clone().into()).collect();
        plan.returns("artifacts", names);
        let checked = chosen.clone().into_iter();
        let checked = checked.map(|locked| async move { locked.check().await });
        let checked = stream::iter(checked).buffered(AT_ONCE).collect().await;
        all_or_none(checked)?;
        let absent: Vec<_> = chosen.into_iter().filter(|it| !it.is_here()).collect();
        if !absent.is_empty() {
            let titles: Vec<_> = absent.iter().map(Locked::title).collect();
            plan.observe(format!("fetch {}", titles.join(", ")), |host| async move {
                let fetching = Fetching::new(host.probe().controller(), absent.len());
                let fetched = absent.into_iter().map(|locked| {
                    let fetching = fetching.clone();
                    async move { locked.fetch_among(&fetching).await.map(drop) }
                });
                let fetched = stream::iter(fetched)
                    .buffer_unordered(AT_ONCE)
                    .collect()
                    .await;
                all_or_none(fetched)?;
                Ok(Returns::new())
            });
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Have all that is locked before the first host is touched",
                yaml: "artifact_pull:\n",
            },
            Example {
                title: "Have the programs of a worker",
                yaml: "artifact_pull:\n  names: [kubeadm, kubelet]\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("artifacts", "The names of the artefacts.")]
    }
}

impl ArtifactPull {
    /// The artefacts that are meant, but for images that containerd pulls from their registries.
    fn chosen(&self, host: &Probe) -> Result<Vec<Locked>> {
        let lock = host.controller().variable(Lock::VARIABLE);
        let entries = lock.as_ref().and_then(Json::as_object);
        if let Some(name) = self
            .names
            .iter()
            .find(|name| !entries.is_some_and(|entries| entries.contains_key(*name)))
        {
            return Err(unknown(name, lock.as_ref()));
        }
        let mut chosen = Vec::new();
        for name in entries.into_iter().flat_map(|entries| entries.keys()) {
            if !self.names.is_empty() && !self.names.contains(name) {
                continue;
            }
            let locked = Locked::find(host, name, &Artifact::default())?;
            let kind = locked.artifact.kind;
            if (self.kinds.is_empty() || self.kinds.contains(&kind)) && !locked.is_in_registry() {
                chosen.push(locked);
            }
        }
        Ok(chosen)
    }
}

/// All errors as one.
fn all_or_none(results: Vec<Result<()>>) -> Result<()> {
    let count = results.len();
    let mut errors: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
    match errors.len() {
        0 => Ok(()),
        1 => Err(errors.remove(0)),
        failed => {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            let hint = errors.into_iter().find_map(|error| error.hint);
            Err(Error {
                hint,
                ..Error::failed(format!(
                    "{failed} of {count} artefacts cannot be had:\n{}",
                    lines.join("\n")
                ))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, nowhere, told};
    use std::fs;

    const SHA: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn desk(directory: &str) -> Desk {
        let variables = format!(
            "{directory}\nartifacts:\n  kubeadm: {{url: 'https://x/kubeadm', sha256: {SHA}}}\n  kubelet: {{url: 'https://x/kubelet', sha256: {SHA}}}\n  pause: {{kind: image, image: pause}}\n"
        );
        Desk {
            variables: variables.leak(),
            ..Desk::default()
        }
    }

    #[tokio::test]
    async fn a_directory_is_checked_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let directory = format!("artifacts_directory: {}", folder.path().display());
        let host = nowhere(desk(&directory));
        let said = told(&host, "artifact_pull", "{kinds: [binary]}").await;
        let said = said.replace(&folder.path().display().to_string(), "DIR");
        insta::assert_snapshot!(said, @r"
        error: 2 of 2 artefacts cannot be had:
        the artefact kubeadm: there is no `bin/kubeadm` in DIR
        the artefact kubelet: there is no `bin/kubelet` in DIR
        hint: `k8sbm artifacts verify --directory DIR` lists what is missing
        ");
        for name in ["kubeadm", "kubelet", "pause.tar"] {
            fs::write(folder.path().join(name), "hello").unwrap();
        }
        let returns = apply_on(&host, "artifact_pull", "{}").await.unwrap();
        assert_eq!(
            returns["artifacts"],
            serde_json::json!(["kubeadm", "kubelet", "pause"])
        );
    }

    #[tokio::test]
    async fn what_is_not_in_the_cache_is_fetched() {
        let host = nowhere(desk(""));
        insta::assert_snapshot!(told(&host, "artifact_pull", "{}").await, @r"
        fetch kubeadm, kubelet (no change)
        ");
        insta::assert_snapshot!(told(&host, "artifact_pull", "{names: [kubeadmm]}").await, @r"
        error: there is no artefact `kubeadmm` in the lock
        hint: did you mean `kubeadm`?
        ");
    }
}

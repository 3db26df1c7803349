//! The `static_pod` module.

mod manifest;
mod running;

use k8sbm_core::{
    host::{Attributes, Mode},
    task::{Error, Example, FileSearch, Plan, Probe, Result, Task, TemplateOptions, WriteFile},
};
use manifest::{Manifest, of_fields, of_text};
use running::Running;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// Says what a host's kubelet runs without any API: a manifest in the directory that it watches.
///
/// The manifest is held against what a pod must have. With `wait` the task ends when the kubelet runs it as it is
/// written; before a host has a kubelet that runs, leave that out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaticPod {
    /// The pod's name; the file is called so too.
    name: String,
    /// Whether there shall be such a pod.
    #[serde(default)]
    state: State,
    /// The manifest as fields.
    definition: Option<Map<String, Json>>,
    /// The manifest as text.
    content: Option<String>,
    /// A file of the controller with the manifest. A relative path is looked for in the role's `files` folder, then
    /// beside the playbook.
    src: Option<String>,
    /// A template of the controller for the manifest. A relative path is looked for in the role's `templates` folder,
    /// then beside the playbook.
    template: Option<String>,
    /// The directory that the kubelet watches. It is made where it is missing.
    #[serde(default = "manifests")]
    directory: String,
    /// Permissions of the file. Default `"0600"`.
    mode: Option<Mode>,
    /// Whether to wait until the kubelet runs it as it is written, or, with `state: absent`, no more.
    #[serde(default)]
    wait: bool,
    /// Seconds to wait. Default 120.
    #[serde(default = "two_minutes")]
    timeout: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// There shall.
    #[default]
    Present,
    /// There shall not.
    Absent,
}

fn manifests() -> String {
    "/etc/kubernetes/manifests".into()
}

fn two_minutes() -> u64 {
    120
}

impl Task for StaticPod {
    const NAME: &'static str = "static_pod";

    fn validate(&self) -> Result<()> {
        let given = [
            self.definition.is_some(),
            self.content.is_some(),
            self.src.is_some(),
            self.template.is_some(),
        ];
        let given = given.into_iter().filter(|given| *given).count();
        let ways = "`definition`, `content`, `src` or `template` says what it is";
        match (self.state, given) {
            (State::Present, 0) => {
                return Err(Error::arguments("the pod lacks a manifest").hint(ways));
            }
            (_, 2..) => {
                return Err(Error::arguments("the pod has more than one manifest").hint(ways));
            }
            (State::Absent, 1) => {
                return Err(Error::arguments(
                    "a pod that shall be absent needs no manifest",
                ));
            }
            _ => {}
        }
        if let Some(fields) = &self.definition {
            of_fields(&self.name, fields.clone(), "definition")?;
        }
        if let Some(text) = &self.content {
            of_text(&self.name, "content", text)?;
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let path = format!(
            "{}/{}.yaml",
            self.directory.trim_end_matches('/'),
            self.name
        );
        plan.returns("path", path.as_str());
        let changes = match self.state {
            State::Absent => plan.absent(host, &path).await?,
            State::Present => self.write(host, &mut plan, &path).await?,
        };
        if self.wait {
            let running = Running {
                name: self.name.clone(),
                timeout: self.timeout,
                wanted: self.state == State::Present,
            };
            running.plan(host, &mut plan, changes).await?;
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "An address for the API, before there is one",
                yaml: "static_pod:\n  name: kube-vip\n  template: kube-vip.yaml.j2\n",
            },
            Example {
                title: "A pod by its fields; the task ends when it runs",
                yaml: "static_pod:\n  name: web\n  wait: true\n  definition:\n    apiVersion: v1\n    kind: Pod\n    metadata:\n      name: web\n    spec:\n      hostNetwork: true\n      containers:\n        - name: web\n          image: registry.example.com/web:1.2.3\n",
            },
            Example {
                title: "No more",
                yaml: "static_pod:\n  name: web\n  state: absent\n  wait: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("path", "The file of the manifest.")]
    }
}

impl StaticPod {
    async fn write(&self, host: &Probe, plan: &mut Plan, path: &str) -> Result<bool> {
        plan.directory(host, &self.directory, &Attributes::default())
            .await?;
        let file = WriteFile {
            path: path.to_owned(),
            content: self.manifest(host)?.text.into(),
            attributes: Attributes {
                mode: Some(self.mode.clone().unwrap_or(Mode::octal(0o600))),
                ..Attributes::default()
            },
            ..WriteFile::default()
        };
        plan.write(host, file).await
    }

    fn manifest(&self, host: &Probe) -> Result<Manifest> {
        let controller = host.controller();
        if let Some(fields) = &self.definition {
            return of_fields(&self.name, fields.clone(), "definition");
        }
        if let Some(template) = &self.template {
            let path = controller.find(FileSearch::Templates, template)?;
            let text = controller.render(&path, &TemplateOptions::default(), &[])?;
            return of_text(&self.name, template, &text);
        }
        if let Some(src) = &self.src {
            let path = controller.find(FileSearch::Files, src)?;
            let bytes = controller.read(&path)?;
            return of_text(&self.name, src, &String::from_utf8_lossy(&bytes));
        }
        of_text(
            &self.name,
            "content",
            self.content.as_deref().unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests;

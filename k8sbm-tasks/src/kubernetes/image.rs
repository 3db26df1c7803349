//! The `image` module.

use super::{locked::Locked, store};
use crate::artifacts::{Artifact, Kind, Lock};
use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// Brings container images to containerd, where the kubelet finds them.
///
/// An image that is there is left alone. One that is missing comes out of an archive: of the lock, where an artefact
/// with this `image` is looked for, or of the host. Where there is no archive, containerd pulls it. An archive of the
/// lock is fetched once by the controller, sent to the host, and removed there when it has been imported.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    /// The image with its tag, such as `registry.k8s.io/pause:3.10`. As with Docker, a name without a registry is one of
    /// `docker.io`.
    name: String,
    /// Whether it shall be there.
    #[serde(default)]
    state: State,
    /// The name of its archive in the lock, where that is not found by the image.
    artifact: Option<String>,
    /// Where its archive is published, where the lock has none.
    url: Option<String>,
    /// The archive's SHA-256 in hexadecimal.
    sha256: Option<String>,
    /// What the archive is called in the directory of artefacts.
    file: Option<String>,
    /// An archive that is on the host already.
    path: Option<String>,
    /// Whether the host keeps the archive once it was imported.
    #[serde(default)]
    keep: bool,
    /// Whether containerd may pull it from its registry where there is no archive.
    #[serde(default = "yes")]
    pull: bool,
    /// The namespace of containerd; the kubelet's is `k8s.io`.
    #[serde(default = "kubernetes")]
    namespace: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// There.
    #[default]
    Present,
    /// Not there.
    Absent,
}

fn yes() -> bool {
    true
}

fn kubernetes() -> String {
    "k8s.io".into()
}

/// Where a missing image comes from.
enum From {
    Lock(Box<Locked>, String),
    Host(String),
    Registry,
}

impl Task for Image {
    const NAME: &'static str = "image";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let name = full_name(&self.name);
        let listed = host.query(self.list()).await?;
        let there = names(&listed).any(|it| it == name);
        let mut plan = Plan::default();
        plan.returns("image", name.as_str());
        let diff = |before: &str, after: &str| {
            let side = |state| format!("{name}: {state}\n");
            Diff::text("images", side(before), side(after))
        };
        match (self.state, there) {
            (State::Absent, true) => {
                let remove = self.ctr(["images", "rm", "--sync", &name]);
                plan.run_command(Command::new(remove), Some(diff("present", "absent")));
            }
            (State::Present, false) => {
                let from = self.from(host, &name, &mut plan).await?;
                let import = Import {
                    image: self.clone(),
                    name: name.clone(),
                    from,
                };
                let summary = import.summary();
                plan.act_with(summary, diff("absent", "present"), |host| import.run(host));
            }
            _ => {}
        }
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        if self.name.is_empty() || self.name.contains(char::is_whitespace) {
            return Err(Error::arguments(format!("`{}` is no image", self.name)));
        }
        if self.path.is_some() && (self.says().file_name().is_some() || self.artifact.is_some()) {
            return Err(Error::arguments(
                "`path` says where the archive is: leave the others out",
            ));
        }
        match &self.path {
            Some(path) if !path.starts_with('/') => Err(Error::arguments(format!(
                "`path` is absolute, and not `{path}`"
            ))),
            _ => Ok(()),
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Import all images of the lock",
                yaml: "image:\n  name: \"{{ item.image }}\"\nloop: \"{{ artifacts.values() | selectattr('kind', 'eq', 'image') | list }}\"\nloop_control:\n  label: \"{{ item.image }}\"\n",
            },
            Example {
                title: "Import an archive that is on the host",
                yaml: "image:\n  name: registry.k8s.io/pause:3.10.1\n  path: /srv/images/pause.tar\n",
            },
            Example {
                title: "Remove an image",
                yaml: "image:\n  name: registry.k8s.io/etcd:3.5.24-0\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("image", "The image's name with its registry and tag.")]
    }
}

impl Image {
    fn ctr<const N: usize>(&self, words: [&str; N]) -> Vec<String> {
        let namespace = ["ctr", "-n", &self.namespace];
        namespace
            .into_iter()
            .chain(words)
            .map(str::to_owned)
            .collect()
    }

    /// All tasks ask in the same words, and are answered once.
    fn list(&self) -> Vec<String> {
        self.ctr(["images", "ls", "-q"])
    }

    fn says(&self) -> Artifact {
        Artifact {
            kind: Kind::Image,
            url: self.url.clone(),
            sha256: self.sha256.clone(),
            file: self.file.clone(),
            ..Artifact::default()
        }
    }

    async fn from(&self, host: &Probe, name: &str, plan: &mut Plan) -> Result<From> {
        if let Some(path) = &self.path {
            return Ok(From::Host(path.clone()));
        }
        let own = self.url.is_some() || self.file.is_some();
        let key = match &self.artifact {
            Some(key) => Some(key.clone()),
            None => in_lock(host, name).or_else(|| own.then(|| self.name.clone())),
        };
        let Some(key) = key else {
            return match self.pull {
                true => Ok(From::Registry),
                false => Err(Error::failed(format!("there is no archive with {name}"))
                    .hint("list it under `artifacts` with `kind: image` and its `image`")),
            };
        };
        let locked = Locked::find(host, &key, &self.says())?;
        if locked.is_in_registry() && self.pull {
            return Ok(From::Registry);
        }
        locked.check().await?;
        plan.warnings.extend(locked.warning());
        let sha256 = locked.sha256().await?;
        Ok(From::Lock(Box::new(locked), sha256))
    }
}

/// The name of the artefact that has this image.
fn in_lock(host: &Probe, name: &str) -> Option<String> {
    let lock = host.controller().variable(Lock::VARIABLE)?;
    let has = |entry: &Json| {
        let image = entry.get("image").and_then(Json::as_str);
        image.is_some_and(|image| full_name(image) == name)
    };
    let found = lock.as_object()?.iter().find(|(_, entry)| has(entry));
    found.map(|(key, _)| key.clone())
}

/// An image on its way to containerd.
struct Import {
    image: Image,
    name: String,
    from: From,
}

impl Import {
    fn summary(&self) -> String {
        let name = &self.name;
        match &self.from {
            From::Lock(locked, _) => format!("import {name} from {}", locked.title()),
            From::Host(path) => format!("import {name} from {path}"),
            From::Registry => format!("pull {name}"),
        }
    }

    async fn run(self, host: Host) -> Result<Returns> {
        match &self.from {
            From::Registry => {
                let hosts = "/etc/containerd/certs.d";
                let pull = ["images", "pull", "--hosts-dir", hosts, &self.name];
                host.check(Command::new(self.image.ctr(pull))).await?;
            }
            From::Host(path) => self.import(&host, path).await?,
            From::Lock(locked, sha256) => {
                let path = store::push(&host, locked, sha256).await?;
                let imported = self.import(&host, &path).await;
                if !self.image.keep {
                    store::drop(&host, sha256).await?;
                }
                imported?;
            }
        }
        Ok(Returns::new())
    }

    async fn import(&self, host: &Host, path: &str) -> Result<()> {
        let import = self.image.ctr(["images", "import", path]);
        let said = host.check(Command::new(import)).await?;
        let listed = host.run(Command::new(self.image.list())).await?;
        if names(&listed).any(|it| it == self.name) {
            return Ok(());
        }
        Err(
            Error::failed(format!("the archive has no image {}", self.name))
                .hint(format!("containerd said: {}", said.text().trim())),
        )
    }
}

/// The images that are there; where containerd does not answer, there are none yet.
fn names(listed: &Output) -> impl Iterator<Item = String> {
    let text = match listed.success() {
        true => listed.text(),
        false => String::new(),
    };
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    names.into_iter()
}

/// An image's name as containerd has it: with its registry, and a tag or digest.
fn full_name(name: &str) -> String {
    let is_registry =
        |first: &str| first == "localhost" || first.contains('.') || first.contains(':');
    let name = match name.split_once('/') {
        Some((first, _)) if is_registry(first) => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.contains([':', '@']) {
        true => name,
        false => format!("{name}:latest"),
    }
}

#[cfg(test)]
mod tests;

//! The `artifact` module.

use super::{installed::Installed, locked::Locked, store};
use crate::{
    artifacts::{Artifact, Kind},
    file::{attributes, parent},
};
use k8sbm_core::{
    host::{Attributes, Command, FileChange, Host, Mode},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Installs a file by its checksum: a program, a file out of an archive, a chart, a manifest.
///
/// What it is, where it comes from and which checksum it has stands in the inventory's lock, the variable `artifacts`;
/// arguments go before it. The controller fetches it once for all hosts, from the directory `artifacts_directory` if
/// that is set, else from the mirror `artifacts_mirror`, else from where it is published, and believes nothing but the
/// checksum. Hosts need no internet. They keep what they got in `/var/lib/k8sbm/artifacts` by its content, so that it
/// is not sent again: a program there and where it is installed are one file. On different file systems it is only
/// where it is installed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Artifact")]
pub(crate) struct ArtifactTask {
    /// Its name in the lock.
    name: String,
    /// The absolute path of the file on the host.
    dest: String,
    /// The version, for people; the checksum decides.
    version: Option<String>,
    /// Where it is published.
    url: Option<String>,
    /// Its SHA-256 in hexadecimal. It can only be absent where the artefact comes from a directory.
    sha256: Option<String>,
    /// What it is.
    #[serde(default)]
    kind: Kind,
    /// What it is called in the directory of artefacts, where that is not the last part of the URL.
    file: Option<String>,
    /// The file that is wanted of an archive, such as `etcd-v3.6.5-linux-amd64/etcdctl`. The host unpacks it with tar.
    member: Option<String>,
    /// Without meaning here; a lock has it for the module `image`.
    #[serde(rename = "image")]
    _image: Option<String>,
    /// Permissions; `0755` for programs and what comes out of archives, else `0644`.
    mode: Option<Mode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
}

impl Task for ArtifactTask {
    const NAME: &'static str = "artifact";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let locked = Locked::find(host, &self.name, &self.says())?;
        let sha256 = locked.sha256().await?;
        let (stat, marker) = Installed::look(host, &self.dest).await?;
        if stat.as_deref().is_some_and(|stat| !stat.is_file()) {
            return Err(Error::failed(format!(
                "{} is there, and is no file",
                self.dest
            )));
        }
        let mut plan = Plan::default();
        plan.returns("dest", self.dest.as_str())
            .returns("sha256", sha256.as_str());
        if let Some(version) = &locked.artifact.version {
            plan.returns("version", version.as_str());
        }
        plan.warnings.extend(locked.warning());
        let wanted = self.wanted(&locked);
        let member = locked.artifact.member.clone();
        let same = marker
            .as_ref()
            .filter(|it| it.artifact == sha256 && it.member == member);
        let content = match (&member, same) {
            (None, _) => Some(sha256.as_str()),
            (Some(_), marker) => marker.map(|it| it.content.as_str()),
        };
        let found = match (&stat, content) {
            (Some(stat), Some(_)) => {
                Installed::content(host, &self.dest, stat, marker.as_ref()).await?
            }
            _ => None,
        };
        if found.is_some() && found.as_deref() == content {
            plan.attributes(host, &self.dest, &wanted, true).await?;
            return Ok(plan);
        }
        locked.check().await?;
        let previous = marker.as_ref().map(|it| it.artifact.clone());
        let before = match (&stat, marker) {
            (Some(_), Some(marker)) => format!("sha256: {}\n", marker.artifact),
            (Some(stat), None) => format!("a file of {} bytes\n", stat.size),
            (None, _) => String::new(),
        };
        let diff = Diff::text(&self.dest, before, format!("sha256: {sha256}\n"));
        let summary = format!("install {} as {}", locked.title(), self.dest);
        let install = Install {
            dest: self.dest.clone(),
            locked,
            previous: previous.filter(|it| *it != sha256),
            sha256,
            wanted,
        };
        plan.act_with(summary, diff, |host| install.run(host));
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        if !self.dest.starts_with('/') || self.dest.ends_with('/') {
            return Err(Error::arguments(format!(
                "`dest` is the absolute path of a file, and not `{}`",
                self.dest
            )));
        }
        let says = self.says();
        match says.file_name() {
            Some(_) => says.check(),
            None => Ok(()),
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Install a program of the lock",
                yaml: "artifact:\n  name: kubeadm\n  dest: /usr/local/bin/kubeadm\n",
            },
            Example {
                title: "Take two programs out of one archive, which is sent once",
                yaml: "artifact:\n  name: etcd\n  member: etcd-v3.6.5-linux-amd64/{{ item }}\n  dest: /usr/local/bin/{{ item }}\nloop: [etcd, etcdctl]\n",
            },
            Example {
                title: "Without a lock",
                yaml: "artifact:\n  name: kubectl\n  version: 1.34.9\n  url: https://dl.k8s.io/release/v1.34.9/bin/linux/amd64/kubectl\n  sha256: da5fa1867b54b2ed3fb50272459cb5dd9d2a243c035ce2874090ae139357af29\n  dest: /usr/local/bin/kubectl\n  mode: \"0755\"\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("dest", "Where it is on the host."),
            ("sha256", "The checksum of the artefact."),
            ("version", "The version, where the lock has one."),
        ]
    }
}

impl ArtifactTask {
    /// What the task says itself.
    fn says(&self) -> Artifact {
        Artifact {
            kind: self.kind,
            version: self.version.clone(),
            url: self.url.clone(),
            sha256: self.sha256.clone(),
            file: self.file.clone(),
            member: self.member.clone(),
            image: None,
        }
    }

    fn wanted(&self, locked: &Locked) -> Attributes {
        let runs = match locked.artifact.kind {
            Kind::Binary => true,
            Kind::Archive => locked.artifact.member.is_some(),
            _ => false,
        };
        let usual = Mode::octal(if runs { 0o755 } else { 0o644 });
        let mode = self.mode.as_ref().unwrap_or(&usual);
        attributes(Some(mode), self.owner.as_ref(), self.group.as_ref())
    }
}

/// An artefact on its way to its place.
struct Install {
    dest: String,
    locked: Locked,
    sha256: String,
    /// The artefact that was there before.
    previous: Option<String>,
    wanted: Attributes,
}

impl Install {
    async fn run(self, host: Host) -> Result<Returns> {
        let stored = store::push(&host, &self.locked, &self.sha256).await?;
        let member = self.locked.artifact.member.clone();
        let content = match &member {
            None => {
                self.put(&host, &stored).await?;
                self.sha256.clone()
            }
            Some(member) => {
                let name = member.rsplit('/').next().unwrap_or_default();
                let taken = format!("{stored}.{name}");
                let result = self.unpack(&host, &stored, member, &taken).await;
                // What was taken out has its place now, or is worth nothing.
                host.change(FileChange::Remove { path: taken }).await?;
                result?
            }
        };
        Installed::remember(&host, &self.dest, &self.sha256, member, content).await?;
        if let Some(previous) = &self.previous {
            store::prune(&host, previous).await?;
        }
        Ok(Returns::new())
    }

    /// Takes a file out of an archive, and puts it in its place; returns its checksum.
    async fn unpack(
        &self,
        host: &Host,
        archive: &str,
        member: &str,
        taken: &str,
    ) -> Result<String> {
        let script = r#"tar --extract --to-stdout --file "$1" -- "$2" >"$3""#;
        let unpack = Command::new(["sh", "-c", script, "sh", archive, member, taken]);
        host.check(unpack).await.map_err(|error| {
            error.context(format_args!("{} has no `{member}`", self.locked.title()))
        })?;
        self.put(host, taken).await?;
        let content = host.probe().checksum(&self.dest).await?;
        content
            .map(|content| content.to_string())
            .ok_or_else(|| Error::failed(format!("{} went away", self.dest)))
    }

    /// Puts a file of the store in its place: as another name of the same file where that is possible.
    async fn put(&self, host: &Host, from: &str) -> Result<()> {
        let (stored, folder) = {
            let probe = host.probe();
            tokio::join!(probe.stat(from), probe.stat_follow(parent(&self.dest)))
        };
        let (stored, folder) = (
            stored?.ok_or_else(|| Error::failed(format!("{from} went away")))?,
            folder?.ok_or_else(|| {
                let folder = parent(&self.dest);
                Error::failed(format!("the directory {folder} does not exist"))
            })?,
        );
        // Two names of one file have one owner and mode: a file that has another name already is copied.
        if stored.device != folder.device || stored.links > 1 {
            let copy = FileChange::Copy {
                from: from.to_owned(),
                path: self.dest.clone(),
                attributes: self.wanted.clone(),
                validate: None,
                backup: None,
            };
            host.change(copy).await?;
            // On another file system it would take its room twice.
            if stored.links == 1 && self.locked.artifact.member.is_none() {
                store::drop(host, &self.sha256).await?;
            }
            return Ok(());
        }
        host.change(FileChange::Attributes {
            path: from.to_owned(),
            attributes: self.wanted.clone(),
            follow: false,
            recursive: false,
        })
        .await?;
        host.change(FileChange::HardLink {
            path: self.dest.clone(),
            target: from.to_owned(),
        })
        .await
    }
}

#[cfg(test)]
mod tests;

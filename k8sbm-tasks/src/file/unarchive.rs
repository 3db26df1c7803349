//! `unarchive`: unpacks archives.

mod owning;
mod tar;
mod zip;

use self::tar::Tar;
use super::{
    download::Download,
    ownership::attributes,
    paths::{absolute, followed},
    standing::Standing,
};
use crate::net::Curl;
use k8sbm_core::{
    host::{Attributes, Command, FileKind, Mode},
    task::{Diff, Error, Example, FileSearch, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Unpacks a tar or zip archive into a directory of the host.
///
/// The archive is compared with what is in the directory, and unpacked where anything differs. A tar archive may be
/// packed by gzip, bzip2, xz or zstd; the host needs GNU tar and the program for the packing, or unzip.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unarchive {
    /// The archive. A relative path is looked for in the role's `files` folder, then beside the playbook; with
    /// `remote_src` it is a path of the host, or a URL.
    src: String,
    /// The directory to unpack into, which must be there.
    dest: String,
    /// Whether the archive is on the host already.
    #[serde(default)]
    remote_src: bool,
    /// The opposite of `remote_src`, from older playbooks.
    copy: Option<bool>,
    /// A path; where it exists, nothing is unpacked.
    creates: Option<String>,
    /// The owner of all that is unpacked, by name or number; that of the archive when absent.
    owner: Option<String>,
    /// The group of all that is unpacked, by name or number; that of the archive when absent.
    group: Option<String>,
    /// Permissions of all that is unpacked, such as `u=rwX,g=rX,o=`; those of the archive when absent.
    mode: Option<Mode>,
    /// Whether the names in the archive are returned as `files`.
    #[serde(default)]
    list_files: bool,
    /// What to leave in the archive, as shell patterns.
    #[serde(default)]
    exclude: Vec<String>,
    /// What to take out of the archive; all, when absent.
    #[serde(default)]
    include: Vec<String>,
    /// Whether files that are newer than those of the archive stay.
    #[serde(default)]
    keep_newer: bool,
    /// More options for tar or unzip, one word each, such as `--strip-components=1`.
    #[serde(default)]
    extra_opts: Vec<String>,
    /// Whether a vault file is opened before it is unpacked.
    #[serde(default = "yes")]
    decrypt: bool,
    /// Whether the server's certificate must be valid, where `src` is a URL.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// Without meaning here.
    #[serde(default, rename = "io_buffer_size")]
    _io_buffer_size: Option<u64>,
}

fn yes() -> bool {
    true
}

/// Where an archive is.
enum Source {
    /// On the host.
    Host(String),
    /// On the controller: this is in it.
    Controller(Vec<u8>),
    /// On a server.
    Server(Download),
}

impl Task for Unarchive {
    const NAME: &'static str = "unarchive";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        if let Some(creates) = &self.creates {
            let path = absolute(host, creates).await?;
            if host.exists(&path).await? {
                return Ok(Plan::skip(format!("skipped, since {path} exists")));
            }
        }
        let dest = absolute(host, &self.dest).await?;
        let real = followed(host, dest.trim_end_matches('/')).await?;
        let source = self.source(host).await?;
        let here = match host.stat_follow(&real).await? {
            Some(stat) if stat.is_dir() => stat,
            _ => {
                return Err(Error::failed(format!("{dest} is not a directory"))
                    .hint("make it first, with `file` and `state: directory`"));
            }
        };
        let mut plan = Plan::default();
        plan.returns("dest", dest.as_str())
            .returns("src", self.src.as_str());
        let names = match self.is_zip() {
            true => self.zip(host, &mut plan, &real, source).await?,
            false => self.tar(host, &mut plan, &real, source).await?,
        };
        if self.list_files {
            plan.returns("files", names);
        }
        let standing = Standing {
            before: Some(&here),
            kind: FileKind::Directory,
            size: None,
            attributes: &Attributes::default(),
        };
        standing.tell(host, &mut plan).await?;
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        if !self.include.is_empty() && !self.exclude.is_empty() {
            return Err(Error::arguments(
                "`include` and `exclude` are mutually exclusive",
            ));
        }
        if self.copy.is_some() && self.remote_src {
            return Err(Error::arguments(
                "`copy` and `remote_src` say the same: leave `copy` out",
            ));
        }
        if self.is_zip() && (!self.is_remote() || self.src.contains("://")) {
            return Err(
                Error::arguments("a zip archive must be on the host to be unpacked")
                    .hint("bring it there with `copy` or `get_url`, and write `remote_src: true`"),
            );
        }
        Ok(())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Unpack containerd once it was downloaded",
                yaml: "unarchive:\n  src: /tmp/containerd-2.2.0-linux-amd64.tar.gz\n  dest: /usr/local\n  remote_src: true\n",
            },
            Example {
                title: "Take two programs out of a release, without its directories",
                yaml: "unarchive:\n  src: /tmp/etcd-v3.6.6-linux-amd64.tar.gz\n  dest: /usr/local/bin\n  remote_src: true\n  include:\n    - etcd-v3.6.6-linux-amd64/etcd\n    - etcd-v3.6.6-linux-amd64/etcdctl\n  extra_opts: [--strip-components=1]\n  owner: root\n  group: root\n  mode: \"0755\"\n",
            },
            Example {
                title: "Unpack the network plugins from where they are published, if they are not there",
                yaml: "unarchive:\n  src: https://github.com/containernetworking/plugins/releases/download/v1.9.0/cni-plugins-linux-amd64-v1.9.0.tgz\n  dest: /opt/cni/bin\n  remote_src: true\n  creates: /opt/cni/bin/bridge\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("dest", "The directory."),
            ("src", "The archive."),
            (
                "handler",
                "How it was unpacked: `TarArchive` or `ZipArchive`.",
            ),
            ("files", "The names in the archive, with `list_files`."),
            ("mode", "Permissions of the directory, such as `0755`."),
            ("owner", "The name of the directory's owner."),
            ("group", "The name of the directory's group."),
            ("uid", "The number of the directory's owner."),
            ("gid", "The number of the directory's group."),
            ("size", "Bytes of the directory itself."),
            ("state", "Always `directory`."),
        ]
    }
}

impl Unarchive {
    fn is_remote(&self) -> bool {
        self.remote_src || self.copy == Some(false)
    }

    fn is_zip(&self) -> bool {
        let name = self.src.split(['?', '#']).next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        [".zip", ".jar", ".war", ".whl"]
            .iter()
            .any(|end| name.ends_with(end))
    }

    fn wanted(&self) -> Attributes {
        attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref())
    }

    async fn source(&self, host: &Probe) -> Result<Source> {
        if !self.is_remote() {
            let controller = host.controller();
            let found = controller.find(FileSearch::Files, &self.src)?;
            let bytes = match self.decrypt {
                true => controller.read(&found)?,
                false => controller.read_sealed(&found)?,
            };
            return Ok(Source::Controller(bytes));
        }
        if self.src.contains("://") {
            return Ok(Source::Server(Download {
                url: self.src.clone(),
                timeout: 30,
                validate_certs: self.validate_certs,
                more: Curl::default(),
            }));
        }
        let path = absolute(host, &self.src).await?;
        match host.stat_follow(&path).await? {
            None => Err(Error::failed(format!("the archive {path} does not exist"))),
            Some(stat) if stat.size == 0 => {
                Err(Error::failed(format!("the archive {path} is empty")))
            }
            Some(_) => Ok(Source::Host(path)),
        }
    }

    fn options(&self, dest: &str) -> Tar {
        Tar {
            dest: dest.to_owned(),
            options: self.extra_opts.clone(),
            exclude: self.exclude.clone(),
            include: self.include.clone(),
            keep_newer: self.keep_newer,
        }
    }

    /// Plans to unpack a tar archive; returns the names in it.
    async fn tar(
        &self,
        host: &Probe,
        plan: &mut Plan,
        dest: &str,
        source: Source,
    ) -> Result<Vec<String>> {
        plan.returns("handler", "TarArchive");
        let tar = self.options(dest);
        let asked = |operation: &str| match &source {
            Source::Host(path) => tar.of_file(operation, path),
            Source::Controller(bytes) => tar.of_bytes(operation, bytes),
            Source::Server(download) => tar.of_download(operation, download),
        };
        let wanted = self.wanted();
        let ask = async |operation: &str| match &source {
            Source::Server(_) => host.query_beyond(asked(operation)).await,
            _ => host.query_command(asked(operation)).await,
        };
        let names = async {
            match wanted.is_empty() && !self.list_files {
                true => Ok(Vec::new()),
                false => tar::names(&*ask("--list").await?),
            }
        };
        let (compared, names) = tokio::join!(ask("--diff"), names);
        let names = names?;
        let root = super::actor::Actor::of(host).await?.uid == 0;
        let differences = tar::differences(&*compared?, &wanted, root)?;
        if !differences.is_empty() {
            let before = differences.join("\n") + "\n";
            let diff = Diff::text(dest, before, format!("as in {}\n", self.src));
            let summary = format!("unpack {} into {dest}", self.src);
            match source {
                Source::Server(download) => {
                    let tar = tar.clone();
                    plan.act_with(summary, diff, |host| tar.fetch(host, download));
                }
                Source::Host(path) => plan.run_command(tar.of_file("--extract", &path), Some(diff)),
                Source::Controller(bytes) => {
                    plan.run_command(tar.of_bytes("--extract", &bytes), Some(diff));
                }
            }
        }
        self.own(host, plan, dest, &names, !differences.is_empty())
            .await?;
        Ok(names)
    }

    /// Plans to unpack a zip archive; returns the names in it.
    async fn zip(
        &self,
        host: &Probe,
        plan: &mut Plan,
        dest: &str,
        source: Source,
    ) -> Result<Vec<String>> {
        plan.returns("handler", "ZipArchive");
        let Source::Host(path) = source else {
            return Err(Error::failed(
                "a zip archive must be on the host to be unpacked",
            ));
        };
        let output = host.query(["unzip", "-v", &path]).await?;
        let mut entries = zip::entries(&output, &path)?;
        entries.retain(|entry| zip::is_taken(&entry.name, &self.include, &self.exclude));
        let differences = zip::differences(host, dest, &entries, self.keep_newer).await?;
        if !differences.is_empty() {
            let before = differences.join("\n") + "\n";
            let diff = Diff::text(dest, before, format!("as in {}\n", self.src));
            let update = if self.keep_newer { "-uo" } else { "-o" };
            let mut argv = vec!["unzip", "-q", update];
            argv.extend(self.extra_opts.iter().map(String::as_str));
            argv.push(&path);
            argv.extend(self.include.iter().map(String::as_str));
            if !self.exclude.is_empty() {
                argv.push("-x");
                argv.extend(self.exclude.iter().map(String::as_str));
            }
            argv.extend(["-d", dest]);
            plan.run_command(Command::new(argv), Some(diff));
        }
        let names: Vec<_> = entries.into_iter().map(|entry| entry.name).collect();
        self.own(host, plan, dest, &names, !differences.is_empty())
            .await?;
        Ok(names)
    }
}

#[cfg(test)]
mod tests;

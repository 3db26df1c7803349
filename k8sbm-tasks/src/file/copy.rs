//! `copy`: brings files to hosts.

mod json_text;
mod trees;

use self::{json_text::json_text, trees::Into};
use super::{
    context::Context,
    delivery::{Content, Delivery, Manner, check_validate, name_of},
    ownership::FileMode,
    paths::absolute,
};
use k8sbm_core::{
    host::{Algorithm, Attributes, Mode},
    node::{Kind, Node},
    task::{Error, Example, FileSearch, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Copies a file or a directory to the host, or writes text into a file.
///
/// A file is written beside its target and renamed, so that it is never half there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Copy {
    /// The file or directory to copy. A relative one is looked for in the role's `files` folder, then beside the
    /// playbook. Of a directory that ends with `/`, what is in it is copied; else the directory itself.
    src: Option<String>,
    /// The text to write, in place of `src`. A mapping or list is written as JSON.
    content: Option<Node>,
    /// Where to, on the host. Where this ends with `/` or is a directory, the file keeps its name in it.
    dest: String,
    /// Permissions, such as `"0644"` or `u=rw,g=r`; `preserve` takes those of the source. An existing file keeps its
    /// own when this is absent; a new one gets `0644` less the umask.
    mode: Option<FileMode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// Permissions of directories that have to be made; those that are there keep theirs.
    directory_mode: Option<Mode>,
    /// Whether `src` is on the host already.
    #[serde(default)]
    remote_src: bool,
    /// Whether an existing file with other content is replaced.
    #[serde(default = "yes")]
    force: bool,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it is put in place; `%s` stands for its path.
    validate: Option<String>,
    /// Whether a symbolic link at `dest` is written through. It is replaced by the file otherwise.
    #[serde(default)]
    follow: bool,
    /// Whether links in a directory that is copied are followed. When absent, those of the controller are, those of the
    /// host are copied as links.
    local_follow: Option<bool>,
    /// The SHA-1 that the source must have.
    checksum: Option<String>,
    /// Whether a vault file is opened before it is copied.
    #[serde(default = "yes")]
    decrypt: bool,
    /// Whether to write into the existing file instead of renaming, which a bind mount needs.
    #[serde(default)]
    unsafe_writes: bool,
    /// The user of the SELinux context; without SELinux on the host, of no account, as the next three.
    seuser: Option<String>,
    /// The role of the SELinux context.
    serole: Option<String>,
    /// The type of the SELinux context, such as `etc_t`; `_default` is what the policy says.
    setype: Option<String>,
    /// The level of the SELinux context.
    #[serde(alias = "serange")]
    #[schemars(extend("aliases" = ["serange"]))]
    selevel: Option<String>,
}

fn yes() -> bool {
    true
}

impl Task for Copy {
    const NAME: &'static str = "copy";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        match (&self.content, self.src.as_deref()) {
            (Some(content), _) => {
                let bytes = Content::Bytes(text_of(content)?.into_bytes());
                self.check(&bytes)?;
                self.delivery(None, bytes, 0o644)
                    .plan(host, &mut plan)
                    .await?;
            }
            (None, Some(src)) => {
                if self.remote_src {
                    self.of_host(host, src, &mut plan).await?;
                } else {
                    self.of_controller(host, src, &mut plan).await?;
                }
                plan.returns("src", src);
            }
            (None, None) => return Err(nothing_to_copy()),
        }
        self.context().plan(host, &mut plan).await?;
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        check_validate(self.validate.as_ref())?;
        match (&self.src, &self.content) {
            (Some(_), Some(_)) => Err(Error::arguments(
                "`src` and `content` are mutually exclusive",
            )),
            (None, None) => Err(nothing_to_copy()),
            (Some(src), None) if src.is_empty() => Err(nothing_to_copy()),
            (None, Some(_)) if self.dest.ends_with('/') => {
                Err(Error::arguments("can not use content with a dir as dest")
                    .hint("write the path of the file as `dest`"))
            }
            _ => Ok(()),
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Load kernel modules at boot",
                yaml: "copy:\n  dest: /etc/modules-load.d/k8s.conf\n  content: |\n    overlay\n    br_netfilter\n  mode: \"0644\"\n",
            },
            Example {
                title: "Bring a certificate of the role's files folder",
                yaml: "copy:\n  src: ca.crt\n  dest: /etc/kubernetes/pki/\n  owner: root\n  mode: \"0644\"\n  directory_mode: \"0755\"\n",
            },
            Example {
                title: "Keep what kubeadm wrote, on the host itself",
                yaml: "copy:\n  src: /etc/kubernetes/admin.conf\n  dest: /home/ada/.kube/config\n  remote_src: true\n  owner: ada\n  group: ada\n  mode: \"0600\"\n",
            },
            Example {
                title: "Write a containerd configuration that containerd accepts",
                yaml: "copy:\n  src: containerd/config.toml\n  dest: /etc/containerd/config.toml\n  validate: containerd --config %s config dump\n  backup: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("dest", "Where the file is on the host."),
            ("src", "Where it came from."),
            ("checksum", "SHA-1 of the file."),
            (
                "md5sum",
                "MD5 of the file, where its content comes from the controller.",
            ),
            ("backup_file", "Where the old file was kept, with `backup`."),
            ("mode", "Permissions after the task, such as `0644`."),
            ("owner", "The owner's name after the task."),
            ("group", "The group's name after the task."),
            ("uid", "The owner's number after the task."),
            ("gid", "The group's number after the task."),
            ("size", "Bytes after the task."),
            (
                "state",
                "What stands at `dest` after the task: `file` or `directory`.",
            ),
        ]
    }
}

impl Copy {
    fn context(&self) -> Context {
        Context {
            user: self.seuser.clone(),
            role: self.serole.clone(),
            kind: self.setype.clone(),
            level: self.selevel.clone(),
        }
    }

    async fn of_controller(&self, host: &Probe, src: &str, plan: &mut Plan) -> Result<()> {
        let controller = host.controller();
        let found = controller.find(FileSearch::Files, src)?;
        let stat = controller.stat(&found)?;
        if stat.directory {
            let items =
                trees::of_controller(host, &found, self.decrypt, self.local_follow != Some(false))?;
            let into = Into::of(host, &self.dest, src, self.directories(), false).await?;
            return into
                .copy(host, plan, items, |content, mode| {
                    self.delivery(None, content, mode)
                })
                .await;
        }
        let bytes = match self.decrypt {
            true => controller.read(&found)?,
            false => controller.read_sealed(&found)?,
        };
        let content = Content::Bytes(bytes);
        self.check(&content)?;
        self.delivery(name_of(src), content, stat.mode)
            .plan(host, plan)
            .await?;
        Ok(())
    }

    async fn of_host(&self, host: &Probe, src: &str, plan: &mut Plan) -> Result<()> {
        let from = absolute(host, src).await?;
        let missing = || Error::failed(format!("{from} is not on the host"));
        let stat = host.stat_follow(&from).await?.ok_or_else(missing)?;
        if stat.is_dir() {
            let items = trees::of_host(host, &from, self.local_follow == Some(true)).await?;
            let into = Into::of(host, &self.dest, src, self.directories(), true).await?;
            return into
                .copy(host, plan, items, |content, mode| {
                    let mut delivery = self.delivery(None, content, mode);
                    delivery.attributes.mode.get_or_insert(Mode::octal(mode));
                    delivery
                })
                .await;
        }
        let checksum = host.checksum_by(&from, Algorithm::Sha1).await?;
        let checksum = checksum.ok_or_else(|| Error::failed(format!("{from} is not a file")))?;
        let content = Content::OfHost {
            from,
            checksum,
            size: stat.size,
        };
        self.check(&content)?;
        self.delivery(name_of(src), content, stat.mode)
            .plan(host, plan)
            .await?;
        Ok(())
    }

    fn attributes(&self, mode: Option<Mode>) -> Attributes {
        Attributes {
            mode,
            owner: self.owner.clone(),
            group: self.group.clone(),
        }
    }

    fn directories(&self) -> Attributes {
        self.attributes(self.directory_mode.clone())
    }

    fn delivery(&self, name: Option<String>, content: Content, source: u32) -> Delivery {
        let mode = self.mode.as_ref().map(|mode| mode.with_source(source));
        Delivery {
            dest: self.dest.clone(),
            name,
            content,
            attributes: self.attributes(mode),
            directory: self.directories(),
            manner: Manner {
                keep: !self.force,
                backup: self.backup,
                follow: self.follow,
                validate: self.validate.clone(),
                in_place: self.unsafe_writes,
            },
        }
    }

    /// Whether the source is the one that the playbook expects.
    fn check(&self, content: &Content) -> Result<()> {
        let checksum = content.checksum();
        match &self.checksum {
            Some(expected) if !expected.eq_ignore_ascii_case(&checksum) => Err(Error::failed(
                format!("the source's SHA-1 is {checksum}, not {expected}"),
            )
            .returning("checksum", checksum)
            .returning("expected_checksum", expected.as_str())),
            _ => Ok(()),
        }
    }
}

fn nothing_to_copy() -> Error {
    Error::arguments("src (or content) is required")
}

/// The text of `content`: scalars as text, mappings and lists as JSON.
fn text_of(content: &Node) -> Result<String> {
    match &content.kind {
        Kind::Seq(_) | Kind::Map(_) => Ok(json_text(&content.to_json())),
        _ => content
            .to_text()
            .ok_or_else(|| Error::arguments("`content` is no text")),
    }
}

#[cfg(test)]
mod tests;

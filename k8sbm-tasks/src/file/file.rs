//! `file`: makes files, directories and links be there, or not, with the right owner and mode.

mod links;
mod recursion;
mod states;
mod times;

use self::times::{Times, When};
use super::{
    context::Context,
    ownership::attributes,
    paths::{absolute, base_name, join},
};
use k8sbm_core::{
    host::{Attributes, Mode},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes a file, directory or link be there or not, and sets its owner, group, mode and times.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The path.
    #[serde(alias = "dest", alias = "name")]
    #[schemars(extend("aliases" = ["dest", "name"]))]
    path: String,
    /// What shall stand at the path. When absent: what stands there now, or a directory with `recurse`.
    state: Option<State>,
    /// Permissions, such as `"0755"` or `u=rwx,g=rx,o=`.
    mode: Option<Mode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// What a link points to: for a symbolic link any path, relative to the link's directory; for a hard link a file
    /// that exists.
    src: Option<String>,
    /// Whether owner, group and mode are set on all below a directory too.
    #[serde(default)]
    recurse: bool,
    /// Whether a link may replace a file or an empty directory, and a symbolic link may point to nothing.
    #[serde(default)]
    force: bool,
    /// Whether owner, group, mode and times are meant for what a symbolic link points to.
    #[serde(default = "yes")]
    follow: bool,
    /// The time of last change: `preserve`, `now`, or a time in `modification_time_format`. `touch` sets `now` when
    /// this is absent, all others `preserve`.
    modification_time: Option<String>,
    /// How `modification_time` is written, in the terms of strftime(3).
    #[serde(default = "time_format")]
    modification_time_format: String,
    /// The time of last access, written as `modification_time`.
    access_time: Option<String>,
    /// How `access_time` is written, in the terms of strftime(3).
    #[serde(default = "time_format")]
    access_time_format: String,
    /// Flags of chattr(1): refused, since they are not set here.
    #[serde(alias = "attr")]
    #[schemars(extend("aliases" = ["attr"]))]
    attributes: Option<String>,
    /// Without meaning here: only content is ever written in place.
    #[serde(default, rename = "unsafe_writes")]
    _unsafe_writes: bool,
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

fn time_format() -> String {
    "%Y%m%d%H%M.%S".into()
}

/// What can stand at a path.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Nothing; a directory goes with all that is in it.
    Absent,
    /// A directory; its parents are made as well.
    Directory,
    /// A file that is there already; none is made.
    File,
    /// A hard link.
    Hard,
    /// A symbolic link.
    Link,
    /// A file, made empty where there is none, with new times.
    Touch,
}

impl Task for File {
    const NAME: &'static str = "file";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let path = self.place(host).await?;
        let mut plan = Plan::default();
        let here = match host.stat(&path).await {
            // What nobody may look at, nobody may remove either: it counts as gone.
            Err(error)
                if self.state == Some(State::Absent)
                    && error.message.ends_with("permission denied") =>
            {
                plan.warn(format!(
                    "insufficient permissions to access {path}: treating it as absent"
                ));
                plan.returns("path", path).returns("state", "absent");
                return Ok(plan);
            }
            here => here?,
        };
        let state = self.state.unwrap_or(match here.as_deref() {
            Some(stat) if stat.is_link() => State::Link,
            Some(stat) if stat.is_dir() => State::Directory,
            Some(stat) if stat.links > 1 => State::Hard,
            None if self.recurse => State::Directory,
            _ => State::File,
        });
        if self.recurse && state != State::Directory {
            return Err(
                Error::failed("recurse option requires state to be `directory`")
                    .returning("path", path),
            );
        }
        if self.src.is_some() && !matches!(state, State::Link | State::Hard) {
            return Err(
                Error::failed("src option requires state to be `link` or `hard`")
                    .returning("path", path),
            );
        }
        plan.returns("path", path.as_str());
        let here = here.as_ref();
        match state {
            State::Absent => {
                plan.absent(host, &path).await?;
                plan.returns("state", "absent");
            }
            State::File => self.file_state(host, &mut plan, path, here).await?,
            State::Directory => self.directory_state(host, &mut plan, path, here).await?,
            State::Touch => self.touch_state(host, &mut plan, path, here).await?,
            State::Link => self.symbolic_state(host, &mut plan, path, here).await?,
            State::Hard => self.hard_state(host, &mut plan, path, here).await?,
        }
        if state != State::Absent {
            self.context().plan(host, &mut plan).await?;
        }
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        if self.attributes.is_some() {
            return Err(Error::arguments("`attributes` would not be set")
                .hint("run chattr(1) with `command`"));
        }
        self.times(State::File).map(|_| ())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Make the directory of static pods",
                yaml: "file:\n  path: /etc/kubernetes/manifests\n  state: directory\n  mode: \"0755\"\n",
            },
            Example {
                title: "Give a tree to the etcd user",
                yaml: "file:\n  path: /var/lib/etcd\n  state: directory\n  owner: etcd\n  group: etcd\n  mode: u=rwX,g=,o=\n  recurse: true\n",
            },
            Example {
                title: "Link the resolver configuration",
                yaml: "file:\n  src: /run/systemd/resolve/resolv.conf\n  dest: /etc/resolv.conf\n  state: link\n  force: true\n",
            },
            Example {
                title: "Remove what a CNI left behind",
                yaml: "file:\n  path: \"{{ item }}\"\n  state: absent\nloop:\n  - /etc/cni/net.d\n  - /var/lib/cni\n",
            },
            Example {
                title: "Make an empty file once, and leave its times alone",
                yaml: "file:\n  path: /etc/kubernetes/.prepared\n  state: touch\n  access_time: preserve\n  modification_time: preserve\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("path", "The path."),
            ("dest", "The path, for links and `touch`."),
            ("src", "What a link points to."),
            (
                "state",
                "What stands there after the task: `file`, `directory`, `link`, `hard` or `absent`.",
            ),
            ("mode", "Permissions after the task, such as `0644`."),
            ("owner", "The owner's name after the task."),
            ("group", "The group's name after the task."),
            ("uid", "The owner's number after the task."),
            ("gid", "The group's number after the task."),
            ("size", "Bytes after the task."),
        ]
    }
}

impl File {
    fn context(&self) -> Context {
        Context {
            user: self.seuser.clone(),
            role: self.serole.clone(),
            kind: self.setype.clone(),
            level: self.selevel.clone(),
        }
    }

    /// The path that is meant; a hard link into a directory keeps its name.
    async fn place(&self, host: &Probe) -> Result<String> {
        let path = absolute(host, &self.path).await?;
        let path = match path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        if let (Some(src), Some(State::Hard)) = (&self.src, self.state)
            && host
                .stat_follow(path)
                .await?
                .is_some_and(|stat| stat.is_dir())
        {
            return Ok(join(path, base_name(src)));
        }
        Ok(path.to_owned())
    }

    fn wanted(&self) -> Attributes {
        attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref())
    }

    fn times(&self, state: State) -> Result<Times> {
        let usual = match state {
            State::Touch => "now",
            _ => "preserve",
        };
        let access = self.access_time.as_deref().unwrap_or(usual);
        let modification = self.modification_time.as_deref().unwrap_or(usual);
        Ok(Times {
            access: When::parse(access, &self.access_time_format)?,
            modification: When::parse(modification, &self.modification_time_format)?,
        })
    }
}

#[cfg(test)]
mod tests;

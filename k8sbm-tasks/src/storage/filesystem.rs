//! The `filesystem` module.

mod device;
mod kind;

use self::kind::Kind;
use super::{absent, contents::Contents};
use crate::program;
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes a file system on a device, grows it, or takes it away.
///
/// A device that has the file system already is left as it is. One that has another, or a partition table, is refused
/// without `force`; one that is mounted is refused in any case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Filesystem {
    /// The block device, or a file that stands for one.
    #[serde(alias = "device")]
    #[schemars(extend("aliases" = ["device"]))]
    dev: String,
    /// The type of file system; `lvm` means a physical volume. Needed unless `state` is `absent`.
    #[serde(default, alias = "type")]
    #[schemars(extend("aliases" = ["type"]))]
    fstype: Option<Kind>,
    /// `absent` takes away what marks the file system; all that is in it is lost.
    #[serde(default)]
    state: State,
    /// Whether another file system or a partition table may be overwritten; all that is in it is lost.
    #[serde(default)]
    force: bool,
    /// Whether the file system is grown to the size of its device: ext2 to ext4 and physical volumes at any time, XFS
    /// and Btrfs while they are mounted.
    #[serde(default)]
    resizefs: bool,
    /// More options for the program that makes it, such as `-L data`.
    #[serde(default)]
    opts: String,
    /// The UUID to give to ext2 to ext4, XFS or bcachefs; words such as `random` give another one with every run.
    #[serde(default)]
    uuid: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is there.
    #[default]
    Present,
    /// It is not.
    Absent,
}

impl Task for Filesystem {
    const NAME: &'static str = "filesystem";

    fn validate(&self) -> Result<()> {
        if self.state == State::Absent {
            return Ok(());
        }
        let Some(kind) = self.fstype else {
            return Err(Error::arguments("`fstype` is missing")
                .hint("say which file system to make, such as `ext4`"));
        };
        if self.resizefs && self.uuid.is_some() {
            return Err(Error::arguments(
                "`resizefs` and `uuid` are mutually exclusive",
            ));
        }
        if self.uuid.is_some() && kind.with_uuid("").is_none() {
            let tag = kind.tag();
            return Err(Error::arguments(format!(
                "a file system of type {tag} cannot be given a UUID here"
            ))
            .about(["uuid"]));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let dev = &self.dev;
        let mut plan = Plan::default();
        let kind = self.fstype.filter(|_| self.state == State::Present);
        let (stat, device) = tokio::join!(host.stat_follow(dev), Contents::look(host, dev));
        let Some(stat) = stat? else {
            if let Some(kind) = kind {
                absent::awaited(&mut plan, &format!("make it {}", kind.tag()), dev);
            }
            return Ok(plan);
        };
        let device = device?;
        match kind {
            Some(kind) if kind.tag() == device.tag => {
                let file = stat.is_file().then_some(stat.size);
                self.keep(host, &mut plan, (kind, &device, file)).await?;
            }
            Some(kind) => {
                if let Some(used) = device.used_as().filter(|_| !self.force) {
                    return Err(Error::failed(format!(
                        "'{dev}' is already used as {used}, use force=true to overwrite"
                    ))
                    .hint("all that is in it would be lost"));
                }
                self.free(host).await?;
                let maker = kind.maker().first().copied().unwrap_or_default();
                program::installed(host, maker, kind.package()).await?;
                let made = kind.maker().iter().map(|word| (*word).to_owned());
                let mut words: Vec<String> = made.collect();
                if let Some(uuid) = &self.uuid {
                    words.extend(kind.with_uuid(uuid).unwrap_or_default());
                }
                words.extend(self.opts.split_whitespace().map(str::to_owned));
                self.run(&mut plan, words, (device.used_as(), Some(kind.tag())));
            }
            None if device.tag.is_empty() => {}
            None => {
                self.free(host).await?;
                let words = vec!["wipefs".into(), "--all".into()];
                self.run(&mut plan, words, (Some(&device.tag), None));
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A disk for volumes",
                yaml: "filesystem:\n  dev: /dev/sdb\n  fstype: xfs\n  opts: -L volumes\n",
            },
            Example {
                title: "As large as the disk has become",
                yaml: "filesystem:\n  dev: /dev/vdb1\n  fstype: ext4\n  resizefs: true\n",
            },
            Example {
                title: "No file system any more",
                yaml: "filesystem:\n  dev: /dev/nvme1n1\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "msg",
            "That the file system has all of its device, with `resizefs`.",
        )]
    }
}

impl Filesystem {
    /// The file system is there: grows it, or gives it another UUID.
    async fn keep(
        &self,
        host: &Probe,
        plan: &mut Plan,
        (kind, device, file): (Kind, &Contents, Option<u64>),
    ) -> Result<()> {
        let dev = &self.dev;
        if self.resizefs {
            let mountpoint = device::mountpoint(host, dev).await?;
            let command = device::grow(kind, dev, mountpoint.as_deref())?;
            let (whole, taken) = tokio::join!(
                device::size(host, dev, file),
                device::taken(host, kind, dev, mountpoint.as_deref())
            );
            let (whole, (taken, slack)) = (whole?, taken?);
            if taken + slack >= whole {
                let tag = kind.tag();
                plan.returns(
                    "msg",
                    format!("{tag} filesystem is using the whole device {dev}"),
                );
                return Ok(());
            }
            let bytes = |count: u64| format!("{count} bytes\n");
            let diff = Diff::text(dev, bytes(taken), bytes(whole));
            plan.run_command(Command::new(command), Some(diff));
        } else if let Some(uuid) = self
            .uuid
            .as_ref()
            .filter(|it| !it.eq_ignore_ascii_case(&device.uuid))
        {
            let Some(program) = kind.renaming() else {
                let tag = kind.tag();
                return Err(Error::failed(format!(
                    "a file system of type {tag} cannot be given another UUID here"
                )));
            };
            let diff = Diff::text(dev, format!("{}\n", device.uuid), format!("{uuid}\n"));
            plan.run_command(Command::new([program, "-U", uuid, dev]), Some(diff));
        }
        Ok(())
    }

    /// Refuses a device that is in use.
    async fn free(&self, host: &Probe) -> Result<()> {
        match device::mountpoint(host, &self.dev).await? {
            Some(place) => Err(Error::failed(format!(
                "{} is mounted at {place}, and would be lost",
                self.dev
            ))
            .hint("unmount it first, with `mount`")),
            None => Ok(()),
        }
    }

    fn run(
        &self,
        plan: &mut Plan,
        mut words: Vec<String>,
        (before, after): (Option<&str>, Option<&str>),
    ) {
        words.push(self.dev.clone());
        let line = |kind: Option<&str>| kind.map_or(String::new(), |kind| format!("{kind}\n"));
        let diff = Diff::text(&self.dev, line(before), line(after));
        plan.run_command(Command::new(words), Some(diff));
    }
}

#[cfg(test)]
mod tests;

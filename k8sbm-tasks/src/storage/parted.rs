//! The `parted` module.

mod length;
mod print;
mod script;
mod words;

use self::{
    length::Length,
    print::Disk,
    script::{attributes, layout},
    words::{Align, Label, PartType, Unit},
};
use super::{absent, contents::Contents};
use crate::program;
use k8sbm_core::{
    host::{Command, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes, grows and removes the partitions of a disk, and tells which there are.
///
/// A disk that has another partition table than `label` is refused as long as there are partitions in it: say
/// `label: gpt` for every task on a disk with a GPT. No file system is made: `fs_type` only sets a partition's type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parted {
    /// The disk, such as `/dev/sdb`.
    device: String,
    /// The partition, where one is made or removed. parted numbers new ones itself, so it must be the next free number.
    number: Option<u32>,
    /// Whether the partition shall be there. `info`, the default, only looks.
    #[serde(default)]
    state: State,
    /// The partition table. Default `msdos`.
    #[serde(default)]
    label: Label,
    /// The kind of a new partition in a table of kind `msdos` or `dvh`. Default `primary`.
    #[serde(default)]
    part_type: PartType,
    /// Where a new partition starts: a distance from the beginning of the disk, or from its end if negative.
    /// Default `0%`.
    #[serde(default = "beginning")]
    part_start: String,
    /// Where it ends, likewise. Default `100%`.
    #[serde(default = "end")]
    part_end: String,
    /// The partition's name, in tables that keep one, such as `gpt`.
    name: Option<String>,
    /// The flags that are set; all others are not. Where none is named they are left alone.
    flags: Option<Vec<String>>,
    /// The unit of numbers that say none, and of those that are returned. Default `KiB`.
    #[serde(default)]
    unit: Unit,
    /// What new partitions are aligned to; `undefined` leaves that to parted. Default `optimal`.
    #[serde(default)]
    align: Align,
    /// The file system that a new partition is meant for, such as `ext4` or `linux-swap`.
    fs_type: Option<String>,
    /// Whether a partition that is there grows to `part_end`. parted shrinks none.
    #[serde(default)]
    resize: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Nothing is changed.
    #[default]
    Info,
    /// It is there.
    Present,
    /// It is not.
    Absent,
}

fn beginning() -> String {
    "0%".into()
}

fn end() -> String {
    "100%".into()
}

/// parted, to be asked nothing and to speak to programs.
fn parted(words: impl IntoIterator<Item = String>) -> Command {
    let first = ["parted", "-s", "-m"].map(str::to_owned);
    Command::new(first.into_iter().chain(words)).env("LC_ALL", "C")
}

impl Parted {
    /// What the disk is, in a unit; nothing where there is no such device.
    async fn look(&self, host: &Probe, unit: &str) -> Result<Option<Disk>> {
        let words = [&*self.device, "--", "unit", unit, "print"].map(str::to_owned);
        let output = host.query_command(parted(words)).await?;
        program::found(&output, "parted", "parted")?;
        if let Some(disk) = Disk::read(&output.text()) {
            return Ok(Some(disk));
        }
        let said = [output.error_text(), output.text()].join("\n");
        if said.contains("Could not stat device") {
            return Ok(None);
        }
        Err(Error::failed(format!(
            "parted cannot tell what is on {}: {}",
            self.device,
            said.trim()
        ))
        .returning("rc", output.status))
    }

    /// A script of parted as a command. With `fix`, a GPT whose disk has become larger is moved to the disk's end.
    fn command(&self, script: &[String], fix: bool) -> Command {
        let fix = fix.then(|| "--fix".to_owned());
        let align = match self.align {
            Align::Undefined => Vec::new(),
            align => vec!["-a".to_owned(), align.word().into()],
        };
        let device = [self.device.clone(), "--".into()];
        parted(
            fix.into_iter()
                .chain(align)
                .chain(device)
                .chain(script.to_vec()),
        )
    }

    /// Refuses to remove what no partition table holds, and what others take their numbers after.
    fn removable(&self, disk: &Disk, number: u32) -> Result<()> {
        if disk.table == "loop" {
            return Err(Error::failed(format!(
                "{} holds a file system and no partitions",
                self.device
            ))
            .hint("`filesystem` with `state: absent` takes it away"));
        }
        let last = disk.partitions.iter().map(|it| it.number).max();
        if disk.table == "msdos" && number > 4 && last > Some(number) {
            return Err(Error::failed(format!(
                "partitions behind {number} of {} would be numbered anew, and the next run would remove another",
                self.device
            ))
            .hint("remove logical partitions from the last one on"));
        }
        Ok(())
    }

    async fn again(&self, host: &Probe) -> Result<Disk> {
        let gone = || Error::failed(format!("{} went away", self.device));
        self.look(host, self.unit.word()).await?.ok_or_else(gone)
    }

    /// Makes or removes the partition, then gives it its name and flags; returns what the disk is in the end.
    async fn act(self, host: Host, first: Vec<String>, fix: bool) -> Result<Returns> {
        let before = self.again(host.probe()).await?;
        if first.iter().any(|word| word == "mkpart") && !first.iter().any(|word| word == "mklabel")
        {
            script::numbered_next(&self, &before)?;
        }
        let mut script = Vec::new();
        if !first.is_empty() {
            host.check(self.command(&first, fix)).await?;
            script.extend(first);
        }
        if self.state == State::Present {
            let disk = self.again(host.probe()).await?;
            let there = disk.partition(self.number);
            let there = there.ok_or_else(|| {
                Error::failed(format!(
                    "parted gave the new partition of {} another number than {}",
                    self.device,
                    self.number.unwrap_or_default()
                ))
            })?;
            let more = attributes(&self, &disk, there);
            if !more.is_empty() {
                host.check(self.command(&more, false)).await?;
                script.extend(more);
            }
        }
        Ok(self.again(host.probe()).await?.returns(script))
    }
}

impl Task for Parted {
    const NAME: &'static str = "parted";

    fn validate(&self) -> Result<()> {
        if self.state != State::Info && self.number.is_none() {
            return Err(Error::arguments(
                "`number` is missing: it says which partition is meant",
            ));
        }
        if self.number == Some(0) {
            return Err(Error::arguments("partitions are counted from 1").about(["number"]));
        }
        for (name, text) in [
            ("part_start", &self.part_start),
            ("part_end", &self.part_end),
        ] {
            if Length::read(text).is_none() {
                return Err(Error::arguments(format!("`{text}` is no place on a disk"))
                    .hint("say a number and a unit such as `GiB`, `GB` or `%`; upper and lower case count")
                    .about([name]));
            }
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let Some(disk) = self.look(host, self.unit.word()).await? else {
            match self.state {
                State::Present => absent::awaited(
                    &mut plan,
                    &format!("make partition {}", self.number.unwrap_or_default()),
                    &self.device,
                ),
                _ => {
                    return Err(Error::failed(format!("there is no device {}", self.device))
                        .hint("`lsblk` lists the disks of the host"));
                }
            }
            return Ok(plan);
        };
        let exact = match self.resize {
            true => self.look(host, "B").await?,
            false => None,
        };
        let (first, second) = match self.state {
            State::Info => {
                let words = ["unit", self.unit.word(), "print"].map(str::to_owned);
                plan.returns = disk.returns(words.to_vec());
                return Ok(plan);
            }
            State::Present => layout(self, &disk, exact.as_ref())?,
            State::Absent => match disk.partition(self.number) {
                Some(it) => {
                    self.removable(&disk, it.number)?;
                    (vec!["rm".to_owned(), it.number.to_string()], Vec::new())
                }
                None => (Vec::new(), Vec::new()),
            },
        };
        if first.is_empty() && second.is_empty() {
            plan.returns = disk.returns(Vec::new());
            return Ok(plan);
        }
        if first.iter().any(|word| word == "mklabel") && !disk.partitions.is_empty() {
            return Err(Error::failed(format!(
                "{} has a partition table of kind {}, not {}: its {} partitions would be lost",
                self.device,
                disk.table,
                self.label.word(),
                disk.partitions.len()
            ))
            .hint(format!(
                "say `label: {}`, or remove its partitions first",
                disk.table
            )));
        }
        if disk.table == "unknown"
            && let Some(used) = Contents::look(host, &self.device).await?.used_as()
        {
            return Err(Error::failed(format!(
                "{} is already used as {used}, and would be lost",
                self.device
            ))
            .hint("take it away first, with `filesystem` and `state: absent`"));
        }
        let planned = [&*first, &*second].concat();
        // Versions before 3.5 know nothing of it, and refuse such disks.
        let fix = first.iter().any(|word| word == "resizepart") && {
            let help = parted(["--help".to_owned()]);
            host.query_command(help).await?.text().contains("--fix")
        };
        let summary = format!("run {}", self.command(&planned, fix).line());
        let diff = Diff::text(
            &self.device,
            disk.to_string(),
            script::after(self, &disk, &first),
        );
        plan.returns("script", planned);
        let task = self.clone();
        plan.act_with(summary, diff, async move |host| {
            task.act(host, first, fix).await
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A whole disk for LVM",
                yaml: "community.general.parted:\n  device: /dev/sdb\n  label: gpt\n  number: 1\n  name: data\n  flags: [lvm]\n  state: present\n",
            },
            Example {
                title: "A disk of its own for etcd, and the rest of it for containerd",
                yaml: "parted:\n  device: /dev/nvme1n1\n  label: gpt\n  number: \"{{ item.number }}\"\n  name: \"{{ item.name }}\"\n  part_start: \"{{ item.start }}\"\n  part_end: \"{{ item.end }}\"\n  state: present\nloop:\n  - {number: 1, name: etcd, start: 0%, end: 20GiB}\n  - {number: 2, name: containerd, start: 20GiB, end: 100%}\n",
            },
            Example {
                title: "A disk of a virtual machine was made larger",
                yaml: "parted:\n  device: /dev/sda\n  label: gpt\n  number: 3\n  part_end: 100%\n  resize: true\n  state: present\n",
            },
            Example {
                title: "Tell what is on a disk",
                yaml: "parted:\n  device: /dev/sdb\n  unit: MiB\nregister: sdb\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "disk",
                "The disk: `dev`, `size`, `unit`, `table`, `model`, `logical_block`, `physical_block`.",
            ),
            (
                "partitions",
                "A mapping for each partition: `num`, `begin`, `end`, `size`, `unit`, `fstype`, `name`, `flags`.",
            ),
            ("script", "What parted was told, word for word."),
        ]
    }
}

#[cfg(test)]
mod tests;

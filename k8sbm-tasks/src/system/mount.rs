//! The `mount` module.

use super::{
    fstab::{self, Entry},
    mounting::remount_command,
    mounts,
};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

const FSTAB: &str = "/etc/fstab";

/// Manages what is mounted, now and at boot (`/etc/fstab`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mount {
    /// Where it is mounted; `none` for swap.
    #[serde(alias = "name")]
    #[schemars(extend("aliases" = ["name"]))]
    pub(super) path: String,
    /// The device, or what else is mounted: `/dev/sdb1`, `UUID=...`, `server:/export`.
    #[serde(default)]
    pub(super) src: Option<String>,
    /// The type of file system.
    #[serde(default)]
    pub(super) fstype: Option<String>,
    /// Mount options, with commas. Default `defaults`.
    #[serde(default)]
    pub(super) opts: Option<String>,
    /// What shall be true of it.
    pub(super) state: State,
    /// Whether dump(8) saves it. Default 0.
    #[serde(default = "zero")]
    pub(super) dump: String,
    /// When fsck(8) looks at it: 0 (never, the default), 1 (first) or 2.
    #[serde(default = "zero")]
    pub(super) passno: String,
    /// Another file instead of `/etc/fstab`.
    #[serde(default)]
    pub(super) fstab: Option<String>,
    /// Whether it is mounted at boot. Default true; `false` adds `noauto` to the options.
    #[serde(default = "yes")]
    pub(super) boot: bool,
    /// Keeps the old fstab beside the new one.
    #[serde(default)]
    pub(super) backup: bool,
    /// Keeps the options out of what is shown.
    #[serde(default)]
    pub(super) opts_no_log: bool,
}

/// What shall be true of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It is in fstab and mounted. Where fstab changes, it is mounted anew.
    Mounted,
    /// It is in fstab; what is mounted now stays.
    Present,
    /// It is not mounted now; fstab stays.
    Unmounted,
    /// It is neither in fstab nor mounted, and its directory, once empty, is gone. What is not in fstab is left alone.
    Absent,
    /// It is not in fstab; what is mounted now stays.
    AbsentFromFstab,
    /// It is mounted anew; this always acts.
    Remounted,
    /// It is mounted now; fstab stays.
    Ephemeral,
}

fn zero() -> String {
    "0".into()
}

fn yes() -> bool {
    true
}

impl Task for Mount {
    const NAME: &'static str = "mount";

    fn validate(&self) -> Result<()> {
        let needs = matches!(
            self.state,
            State::Mounted | State::Present | State::Ephemeral
        );
        for (name, given) in [("src", &self.src), ("fstype", &self.fstype)] {
            if needs && given.is_none() {
                return Err(Error::arguments(format!(
                    "`state: {}` needs `{name}`",
                    self.word()
                )));
            }
        }
        if self.state == State::Mounted && !self.path.starts_with('/') {
            return Err(
                Error::arguments(format!("`{}` is no place to mount at", self.path))
                    .hint("swap is not mounted: `state: present` lists it in fstab"),
            );
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let fstab = self.fstab.as_deref().unwrap_or(FSTAB);
        let (text, mounted) = tokio::join!(host.read_text(fstab), mounts::at(host, &self.path));
        let (text, mounted) = (text?.unwrap_or_default(), mounted?);
        let mut plan = Plan::default();
        match self.state {
            State::Present => {
                self.write(host, &mut plan, fstab, &text, self.listed(&text))
                    .await?;
            }
            State::AbsentFromFstab => {
                self.write(host, &mut plan, fstab, &text, self.unlisted(&text))
                    .await?;
            }
            State::Absent => {
                if self
                    .write(host, &mut plan, fstab, &text, self.unlisted(&text))
                    .await?
                {
                    self.dismount(&mut plan, mounted.as_ref());
                    self.remove_directory(host, &mut plan, mounted.is_some())
                        .await?;
                }
            }
            State::Unmounted => self.dismount(&mut plan, mounted.as_ref()),
            State::Mounted => self.mounted(host, &mut plan, fstab, &text, mounted).await?,
            State::Ephemeral => self.ephemeral(host, &mut plan, mounted).await?,
            State::Remounted => {
                if mounted.is_none() {
                    return Err(Error::failed(format!(
                        "Error remounting {}: it is not mounted",
                        self.path
                    ))
                    .hint("`state: mounted` mounts it"));
                }
                self.step(
                    &mut plan,
                    remount_command(self.opts.as_deref(), &self.path, self.opts.is_none()),
                    None,
                );
            }
        }
        self.returns(&mut plan, fstab);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A disk for what etcd stores",
                yaml: "mount:\n  path: /var/lib/etcd\n  src: /dev/nvme1n1\n  fstype: ext4\n  opts: noatime\n  state: mounted\n",
            },
            Example {
                title: "A share, at boot as soon as the network is there",
                yaml: "mount:\n  path: /srv/backup\n  src: nas.example.org:/backup\n  fstype: nfs\n  opts: _netdev,nofail\n  state: mounted\n",
            },
            Example {
                title: "No swap at boot (see also the module swap)",
                yaml: "mount:\n  path: none\n  fstype: swap\n  state: absent\n",
            },
            Example {
                title: "Neither mounted nor listed",
                yaml: "mount:\n  path: /mnt/old\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "Where it is mounted."),
            ("src", "What is mounted."),
            ("fstype", "The type of file system."),
            ("opts", "The mount options."),
            ("dump", "Whether dump saves it."),
            ("passno", "When fsck looks at it."),
            ("fstab", "The file that lists it."),
            ("boot", "`yes` or `no`: whether it is mounted at boot."),
            ("backup_file", "Where the old fstab was kept."),
        ]
    }
}

impl Mount {
    fn word(&self) -> String {
        let word = format!("{:?}", self.state).to_lowercase();
        word.replace("absentfrom", "absent_from_")
    }

    pub(super) fn options(&self) -> String {
        let options = self.opts.clone().unwrap_or_else(|| "defaults".into());
        if self.boot || options.split(',').any(|it| it == "noauto") {
            return options;
        }
        format!("{options},noauto")
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            source: self.src.clone().unwrap_or_default(),
            target: self.path.clone(),
            kind: self.fstype.clone().unwrap_or_default(),
            options: self.options(),
            dump: self.dump.clone(),
            pass: self.passno.clone(),
        }
    }

    /// Whether an entry is this one: by its place, and swap by its device.
    pub(super) fn is(&self, entry: &Entry) -> bool {
        let place = mounts::trimmed(&entry.target) == mounts::trimmed(&self.path);
        let device = self.src.as_ref().is_none_or(|src| *src == entry.source);
        place && (entry.target != "none" || !entry.is_swap() || device)
    }

    pub(super) fn listed(&self, text: &str) -> String {
        let mut found = false;
        let wanted = self.entry();
        let after = fstab::edited(text, |entry| {
            if !self.is(entry) {
                return Some(entry.clone());
            }
            found = true;
            // A slash at the end makes no other place of it.
            Some(Entry {
                target: entry.target.clone(),
                ..wanted.clone()
            })
        });
        if found {
            after
        } else {
            fstab::with(text, &wanted)
        }
    }

    fn unlisted(&self, text: &str) -> String {
        fstab::edited(text, |entry| (!self.is(entry)).then(|| entry.clone()))
    }

    fn returns(&self, plan: &mut Plan, fstab: &str) {
        plan.returns("name", self.path.clone());
        for (name, value) in [("src", &self.src), ("fstype", &self.fstype)] {
            if let Some(value) = value {
                plan.returns(name, value.clone());
            }
        }
        if !self.opts_no_log {
            plan.returns("opts", self.options());
        }
        plan.returns("dump", self.dump.clone());
        plan.returns("passno", self.passno.clone());
        plan.returns("fstab", fstab);
        plan.returns("boot", if self.boot { "yes" } else { "no" });
        if !plan.returns.contains_key("backup_file") {
            plan.returns("backup_file", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, refusal, told};
    use k8sbm_core::{connection::FakeHost, task::Probe};

    fn host() -> Probe {
        let host = FakeHost::new()
            .file("/etc/fstab", "/dev/sdb1 /data ext4 defaults 0 0\n")
            .file(
                "/proc/self/mountinfo",
                "36 1 8:17 / /data rw - ext4 /dev/sdb1 rw\n",
            )
            .directory("/data");
        probe(host, Desk::default())
    }

    #[tokio::test]
    async fn a_disk_is_listed_and_mounted() {
        assert_eq!(
            told(
                &host(),
                "mount",
                "{path: /data/, src: /dev/sdb1, fstype: ext4, state: mounted}"
            )
            .await,
            ""
        );
        insta::assert_snapshot!(
            told(&host(), "mount", "{path: /var/lib/etcd, src: /dev/sdc, fstype: xfs, opts: noatime, state: mounted}").await,
            @r"
        write /etc/fstab
        - /dev/sdb1 /data ext4 defaults 0 0
        + /dev/sdb1 /data ext4 defaults 0 0
        + /dev/sdc /var/lib/etcd xfs noatime 0 0
        make directory /var/lib/etcd
        - state: absent
        + state: directory
        mount /var/lib/etcd
        + /dev/sdc on /var/lib/etcd type xfs (noatime)
        "
        );
    }

    #[tokio::test]
    async fn a_disk_is_taken_away() {
        insta::assert_snapshot!(told(&host(), "mount", "{path: /data, state: absent}").await, @r"
        write /etc/fstab
        - /dev/sdb1 /data ext4 defaults 0 0
        run umount /data
        - /dev/sdb1 on /data type ext4
        rmdir /data
        ");
        assert_eq!(
            told(&host(), "mount", "{path: /other, state: absent}").await,
            ""
        );
        insta::assert_snapshot!(told(&host(), "mount", "{path: /data, src: tmpfs, fstype: tmpfs, state: ephemeral}").await, @r"
        error: /dev/sdb1 is mounted at /data already, not tmpfs
        hint: `state: unmounted` takes it away first
        ");
    }

    #[test]
    fn what_is_mounted_must_be_said() {
        assert_eq!(
            refusal("mount", "{path: /a, state: present}").message,
            "`state: present` needs `src`"
        );
    }
}

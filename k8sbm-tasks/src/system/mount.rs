//! The `mount` module.

use super::{
    fstab::{self, Entry},
    mounts::{self, Mounted},
};
use k8sbm_core::{
    host::{Attributes, Command, FileChange, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
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
    path: String,
    /// The device, or what else is mounted: `/dev/sdb1`, `UUID=...`, `server:/export`.
    #[serde(default)]
    src: Option<String>,
    /// The type of file system.
    #[serde(default)]
    fstype: Option<String>,
    /// Mount options, with commas. Default `defaults`.
    #[serde(default)]
    opts: Option<String>,
    /// What shall be true of it.
    state: State,
    /// Whether dump(8) saves it. Default 0.
    #[serde(default = "zero")]
    dump: String,
    /// When fsck(8) looks at it: 0 (never, the default), 1 (first) or 2.
    #[serde(default = "zero")]
    passno: String,
    /// Another file instead of `/etc/fstab`.
    #[serde(default)]
    fstab: Option<String>,
    /// Whether it is mounted at boot. Default true; `false` adds `noauto` to the options.
    #[serde(default = "yes")]
    boot: bool,
    /// Keeps the old fstab beside the new one.
    #[serde(default)]
    backup: bool,
    /// Keeps the options out of what is shown.
    #[serde(default)]
    opts_no_log: bool,
}

/// What shall be true of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
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

    fn options(&self) -> String {
        let options = self.opts.clone().unwrap_or_else(|| "defaults".into());
        if self.boot || options.split(',').any(|it| it == "noauto") {
            return options;
        }
        format!("{options},noauto")
    }

    fn entry(&self) -> Entry {
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
    fn is(&self, entry: &Entry) -> bool {
        let place = mounts::trimmed(&entry.target) == mounts::trimmed(&self.path);
        let device = self.src.as_ref().is_none_or(|src| *src == entry.source);
        place && (entry.target != "none" || !entry.is_swap() || device)
    }

    fn listed(&self, text: &str) -> String {
        let mut found = false;
        let wanted = self.entry();
        let after = fstab::edited(text, |entry| {
            if !self.is(entry) {
                return Some(entry.clone());
            }
            found = true;
            Some(wanted.clone())
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

    async fn write(
        &self,
        host: &Probe,
        plan: &mut Plan,
        fstab: &str,
        before: &str,
        after: String,
    ) -> Result<bool> {
        if before == after {
            return Ok(false);
        }
        let file = WriteFile {
            path: fstab.into(),
            content: after.into(),
            backup: self.backup,
            ..WriteFile::default()
        };
        let changes = plan.write(host, file).await?;
        if self.opts_no_log
            && let Some(step) = plan.steps.last_mut()
        {
            step.diff = None;
        }
        Ok(changes)
    }

    async fn mounted(
        &self,
        host: &Probe,
        plan: &mut Plan,
        fstab: &str,
        text: &str,
        mounted: Option<Mounted>,
    ) -> Result<()> {
        let old = text.lines().filter_map(Entry::parse).find(|it| self.is(it));
        let listed = self
            .write(host, plan, fstab, text, self.listed(text))
            .await?;
        let restore = listed.then(|| (fstab.to_owned(), text.to_owned()));
        if mounted.is_none() {
            plan.directory(host, &self.path, &Attributes::default())
                .await?;
            self.step(plan, self.mount_command(), restore);
            return Ok(());
        }
        if !listed {
            return Ok(());
        }
        let wanted = self.entry();
        let same = old.is_some_and(|it| it.source == wanted.source && it.kind == wanted.kind);
        let command = if same {
            remount_command(Some(&wanted.options), &self.path, true)
        } else {
            Command::shell(format!(
                "umount \"$TARGET\" && {}",
                self.mount_command().line()
            ))
            .env("TARGET", &self.path)
        };
        self.step(plan, command, restore);
        Ok(())
    }

    async fn ephemeral(
        &self,
        host: &Probe,
        plan: &mut Plan,
        mounted: Option<Mounted>,
    ) -> Result<()> {
        let source = self.src.as_deref().unwrap_or_default();
        match mounted {
            Some(there) if there.source == source || there.root == source => Ok(()),
            Some(there) => Err(Error::failed(format!(
                "{} is mounted at {} already, not {source}",
                there.source, self.path
            ))
            .hint("`state: unmounted` takes it away first")),
            None => {
                plan.directory(host, &self.path, &Attributes::default())
                    .await?;
                let kind = self.fstype.as_deref().unwrap_or("auto");
                let argv = [
                    "mount",
                    "-t",
                    kind,
                    "-o",
                    &self.options(),
                    source,
                    &self.path,
                ];
                self.step(plan, Command::new(argv), None);
                Ok(())
            }
        }
    }

    fn mount_command(&self) -> Command {
        match &self.fstab {
            Some(fstab) => Command::new(["mount", "-T", fstab, &self.path]),
            None => Command::new(["mount", &self.path]),
        }
    }

    fn dismount(&self, plan: &mut Plan, mounted: Option<&Mounted>) {
        if let Some(there) = mounted {
            let diff = Diff::text(
                "mounts",
                format!("{} on {} type {}\n", there.source, there.target, there.kind),
                "",
            );
            plan.run_command(Command::new(["umount", &self.path]), Some(diff));
        }
    }

    /// A directory with something in it stays: it is not ours to delete.
    async fn remove_directory(&self, host: &Probe, plan: &mut Plan, covered: bool) -> Result<()> {
        let stat = if self.path.starts_with('/') {
            host.stat(&self.path).await?
        } else {
            None
        };
        if !stat.is_some_and(|it| it.is_dir()) {
            return Ok(());
        }
        let names = host.list(&self.path).await?;
        if !covered && names.is_some_and(|names| !names.is_empty()) {
            plan.warn(format!("{} is not empty, and stays", self.path));
            return Ok(());
        }
        let path = self.path.clone();
        plan.act(format!("rmdir {path}"), async move |host: Host| {
            host.run(Command::new(["rmdir", &path])).await?;
            Ok(Returns::new())
        });
        Ok(())
    }

    /// Mounts; an fstab that does not work is taken back, since the next boot might stop at it.
    fn step(&self, plan: &mut Plan, command: Command, restore: Option<(String, String)>) {
        let path = self.path.clone();
        let shown = if self.opts_no_log {
            "(not shown)".into()
        } else {
            self.options()
        };
        let source = self.src.as_deref().unwrap_or("it");
        let kind = self.fstype.as_deref().unwrap_or("auto");
        let diff = Diff::text(
            "mounts",
            "",
            format!("{source} on {path} type {kind} ({shown})\n"),
        );
        plan.act_with(format!("mount {path}"), diff, async move |host: Host| {
            let output = host.run(command).await?;
            if output.success() {
                return Ok(Returns::new());
            }
            if let Some((fstab, text)) = restore {
                host.change(FileChange::Write {
                    path: fstab,
                    content: text.into(),
                    attributes: Attributes::default(),
                    validate: None,
                    backup: None,
                    in_place: false,
                })
                .await?;
            }
            let said = output.error_text();
            Err(
                Error::failed(format!("Error mounting {path}: {}", said.trim()))
                    .returning("rc", output.status)
                    .returning("stderr", said.trim_end()),
            )
        });
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

/// Mounts again what is mounted; what cannot be (NFS, bind mounts) is unmounted and mounted.
fn remount_command(options: Option<&str>, path: &str, fallback: bool) -> Command {
    let options = options.map_or("remount".into(), |it| format!("remount,{it}"));
    let again = if fallback {
        " || { umount \"$TARGET\" && mount \"$TARGET\"; }"
    } else {
        ""
    };
    Command::shell(format!("mount -o \"$OPTIONS\" \"$TARGET\"{again}"))
        .env("OPTIONS", options)
        .env("TARGET", path)
}

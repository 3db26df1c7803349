//! The steps of the `mount` module: fstab, mounting, unmounting.

use super::{fstab::Entry, mount::Mount, mounts::Mounted};
use k8sbm_core::{
    host::{Attributes, Command, FileChange, Host},
    task::{Diff, Error, Plan, Probe, Result, Returns, WriteFile},
};

impl Mount {
    pub(super) async fn write(
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

    pub(super) async fn mounted(
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

    pub(super) async fn ephemeral(
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

    pub(super) fn dismount(&self, plan: &mut Plan, mounted: Option<&Mounted>) {
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
    pub(super) async fn remove_directory(
        &self,
        host: &Probe,
        plan: &mut Plan,
        covered: bool,
    ) -> Result<()> {
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
    pub(super) fn step(
        &self,
        plan: &mut Plan,
        command: Command,
        restore: Option<(String, String)>,
    ) {
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
}

/// Mounts again what is mounted; what cannot be (NFS, bind mounts) is unmounted and mounted.
pub(super) fn remount_command(options: Option<&str>, path: &str, fallback: bool) -> Command {
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

//! The `lvg` module.

use super::{
    absent,
    contents::Contents,
    devices::{Device, devices},
    lvm::{self, Group, Physical, run},
};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes volume groups of disks and partitions, adds and removes such, and activates what is in them.
///
/// The extents of a group that is there keep their size.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Lvg {
    /// The volume group.
    vg: String,
    /// The devices that it consists of. What is no physical volume becomes one.
    #[serde(default)]
    pvs: Vec<String>,
    /// How large the extents of a new group are, in MiB or with a unit such as `128K`. Default `4`.
    #[serde(default = "four")]
    pesize: String,
    /// More options for `pvcreate`.
    #[serde(default)]
    pv_options: String,
    /// Whether physical volumes grow with their devices.
    #[serde(default)]
    pvresize: bool,
    /// More options for `vgcreate`.
    #[serde(default)]
    vg_options: String,
    /// Whether the group shall be there. With `active` and `inactive` it is, and its volumes are activated or not, now
    /// and at boot.
    #[serde(default)]
    state: State,
    /// Whether a group goes with the logical volumes in it, and what is on devices that become physical volumes.
    #[serde(default)]
    force: bool,
    /// Whether the group gets a new UUID. It does each time.
    #[serde(default)]
    reset_vg_uuid: bool,
    /// Whether its physical volumes get new UUIDs. They do each time.
    #[serde(default)]
    reset_pv_uuid: bool,
    /// Whether physical volumes that `pvs` does not list are taken out of the group. Default `true`.
    #[serde(default = "yes")]
    remove_extra_pvs: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is there.
    #[default]
    Present,
    /// It is not.
    Absent,
    /// It is there, and its volumes are active.
    Active,
    /// It is there, and its volumes are not active.
    Inactive,
}

const AT_BOOT: &str = "--setautoactivation";

fn four() -> String {
    "4".into()
}

fn yes() -> bool {
    true
}

impl Lvg {
    /// Whether its volumes shall be active, where something is said of that.
    fn active(&self) -> Option<bool> {
        match self.state {
            State::Active => Some(true),
            State::Inactive => Some(false),
            State::Present | State::Absent => None,
        }
    }

    fn plan_absent(&self, group: &Group, plan: &mut Plan) -> Result<()> {
        if group.volumes > 0 && !self.force {
            return Err(Error::failed(format!(
                "the volume group {} has logical volumes, and is not removed without force",
                self.vg
            ))
            .hint("`force: true` removes them, and all that is on them"));
        }
        run(plan, ["vgremove", "--force", &self.vg]);
        Ok(())
    }

    fn make_physical(&self, devices: &[&str], plan: &mut Plan) {
        for device in devices {
            let options = self.pv_options.split_whitespace();
            run(
                plan,
                ["pvcreate"]
                    .into_iter()
                    .chain(options)
                    .chain(["-f", device]),
            );
        }
    }

    async fn plan_new(&self, devices: &[&str], host: &Probe, plan: &mut Plan) -> Result<()> {
        if devices.is_empty() {
            return Err(Error::failed(format!(
                "the volume group {} is not there, and `pvs` names no devices for it",
                self.vg
            )));
        }
        self.make_physical(devices, plan);
        let mut options: Vec<&str> = self.vg_options.split_whitespace().collect();
        if let Some(active) = self.active()
            && !options.iter().any(|it| it.starts_with(AT_BOOT))
        {
            let help = host
                .query_command(lvm::command(["vgcreate", "--help"]))
                .await?;
            let help = [help.text(), help.error_text()].join("\n");
            if help.contains(AT_BOOT) {
                options.extend([AT_BOOT, flag(active)]);
            }
        }
        let last = ["-s", &*self.pesize, &*self.vg];
        run(
            plan,
            ["vgcreate"]
                .into_iter()
                .chain(options)
                .chain(last)
                .chain(devices.iter().copied()),
        );
        Ok(())
    }

    /// What becomes of the physical volumes of a group that is there.
    fn plan_devices(
        &self,
        group: &Group,
        wanted: &[&str],
        has: &[(&Physical, String)],
        plan: &mut Plan,
    ) {
        for (volume, real) in has {
            if self.pvresize && volume.device > volume.start + volume.size + group.extent {
                run(plan, ["pvresize", real]);
            }
            if self.reset_pv_uuid && !wanted.is_empty() {
                run(plan, ["pvchange", "-u", real]);
            }
        }
        if wanted.is_empty() {
            return;
        }
        let is_in = |device: &str| has.iter().any(|(_, real)| real == device);
        let more: Vec<&str> = wanted.iter().copied().filter(|it| !is_in(it)).collect();
        if !more.is_empty() {
            self.make_physical(&more, plan);
            run(plan, ["vgextend", &self.vg].into_iter().chain(more));
        }
        let extra = has
            .iter()
            .map(|(_, real)| &**real)
            .filter(|it| !wanted.contains(it));
        let extra: Vec<&str> = extra.collect();
        if self.remove_extra_pvs && !extra.is_empty() {
            run(
                plan,
                ["vgreduce", "--force", &self.vg].into_iter().chain(extra),
            );
        }
    }

    /// Activates the volumes or not; old versions of LVM know nothing of groups at boot.
    async fn plan_active(&self, active: bool, host: &Probe, plan: &mut Plan) -> Result<()> {
        let words = ["vgs", "--noheadings", "-o", "vg_autoactivation", &self.vg];
        let (at_boot, volumes) =
            tokio::join!(host.query_command(lvm::command(words)), lvm::logical(host));
        let (at_boot, volumes) = (at_boot?, volumes?);
        if at_boot.success() && (at_boot.text().trim() == "enabled") != active {
            run(plan, ["vgchange", AT_BOOT, flag(active), &self.vg]);
        }
        let mut own = volumes
            .iter()
            .filter(|it| it.group == self.vg && !it.hidden);
        if own.any(|it| it.active() == Some(!active)) {
            run(plan, ["vgchange", "--activate", flag(active), &self.vg]);
        }
        Ok(())
    }
}

fn flag(active: bool) -> &'static str {
    if active { "y" } else { "n" }
}

impl Task for Lvg {
    const NAME: &'static str = "lvg";

    fn validate(&self) -> Result<()> {
        if self.vg.is_empty() || self.vg.starts_with('-') {
            return Err(
                Error::arguments(format!("`{}` is no name of a volume group", self.vg))
                    .about(["vg"]),
            );
        }
        if self.reset_pv_uuid && self.pvs.is_empty() {
            return Err(Error::arguments("`reset_pv_uuid` needs `pvs`"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (groups, volumes) = tokio::join!(lvm::groups(host), lvm::physical(host));
        let (groups, volumes) = (groups?, volumes?);
        let group = groups.iter().find(|it| it.name == self.vg);
        if self.state == State::Absent {
            if let Some(group) = group {
                self.plan_absent(group, &mut plan)?;
            }
            return Ok(plan);
        }
        let known = volumes.iter().map(|it| &*it.name);
        let (wanted, known) = devices(host, &self.pvs, known).await?;
        let known: Vec<(&Physical, String)> = volumes.iter().zip(known).collect();
        for (volume, real) in &known {
            let ours = wanted
                .iter()
                .any(|it| matches!(it, Device::There(path) if path == real));
            if ours && !volume.group.is_empty() && volume.group != self.vg {
                return Err(Error::failed(format!(
                    "{real} is in the volume group {} already",
                    volume.group
                )));
            }
        }
        if let Some(missing) = wanted.iter().find_map(Device::missing) {
            let deed = format!("make it part of the volume group {}", self.vg);
            absent::awaited(&mut plan, &deed, missing);
            return Ok(plan);
        }
        let wanted: Vec<&str> = wanted.iter().map(Device::path).collect();
        let is_known = |path: &&str| known.iter().any(|(_, real)| real == path);
        for path in wanted.iter().filter(|path| !is_known(path) && !self.force) {
            if let Some(used) = Contents::look(host, path).await?.used_as() {
                return Err(Error::failed(format!(
                    "{path} is already used as {used}, and would be lost"
                ))
                .hint("`force: true` makes it a physical volume all the same"));
            }
        }
        let Some(group) = group else {
            self.plan_new(&wanted, host, &mut plan).await?;
            return Ok(plan);
        };
        if let Some(active) = self.active() {
            self.plan_active(active, host, &mut plan).await?;
        }
        if self.reset_vg_uuid {
            run(&mut plan, ["vgchange", "-u", &self.vg]);
        }
        let has: Vec<(&Physical, String)> = known
            .into_iter()
            .filter(|(it, _)| it.group == self.vg)
            .collect();
        self.plan_devices(group, &wanted, &has, &mut plan);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A volume group for local volumes",
                yaml: "community.general.lvg:\n  vg: data\n  pvs: [/dev/sdb, /dev/sdc]\n",
            },
            Example {
                title: "One more disk, whatever others the group has",
                yaml: "lvg:\n  vg: data\n  pvs: /dev/sdd1\n  remove_extra_pvs: false\n",
            },
            Example {
                title: "A disk was made larger",
                yaml: "lvg:\n  vg: data\n  pvs: /dev/sdb\n  pvresize: true\n",
            },
            Example {
                title: "No longer, with all that is in it",
                yaml: "lvg:\n  vg: data\n  state: absent\n  force: true\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests;

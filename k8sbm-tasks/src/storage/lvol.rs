//! The `lvol` module.

mod resizing;
mod size;

use self::size::{Amount, Sign, Size, Whole};
use super::{
    absent,
    devices::devices,
    lvm::{self, Group, Logical, Physical},
};
use k8sbm_core::{
    connection::words,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes, resizes and removes logical volumes, their snapshots, and thin pools.
///
/// Sizes are rounded up to whole extents, as LVM does, so that a volume which is there is not found too large. A share
/// of `FREE` says how large a new volume is; one that is there may grow by it, but does not shrink. With `+` and `-`
/// a task resizes each time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Lvol {
    /// The volume group.
    vg: String,
    /// The volume. Of a snapshot, the volume that it is of.
    lv: Option<String>,
    /// The size: a number with one of the units `bskmgtpe` (default `m`), or a share such as `80%VG`, `100%FREE`,
    /// `50%PVS`; `50%ORIGIN` of a snapshot. With `+` or `-`, by how much a volume that is there grows or shrinks.
    size: Option<String>,
    /// Whether it shall be there.
    #[serde(default)]
    state: State,
    /// Whether it is active. Default `true`.
    #[serde(default = "yes")]
    active: bool,
    /// Whether what may hold data is removed, or made smaller.
    #[serde(default)]
    force: bool,
    /// More options for `lvcreate`.
    #[serde(default)]
    opts: String,
    /// A snapshot of `lv`, which this task is about then.
    snapshot: Option<String>,
    /// The physical volumes that it lies on.
    #[serde(default)]
    pvs: Vec<String>,
    /// A thin pool, which this task is about if there is no `lv`; else `lv` is a thin volume in it.
    thinpool: Option<String>,
    /// Whether a volume that is larger than `size` is made smaller, which needs `force`. Default `true`.
    #[serde(default = "yes")]
    shrink: bool,
    /// Whether its file system is resized with it.
    #[serde(default)]
    resizefs: bool,
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

fn yes() -> bool {
    true
}

/// What LVM knows, as far as the volume is concerned.
struct Known<'a> {
    group: &'a Group,
    /// The volumes of the group.
    volumes: Vec<&'a Logical>,
    /// The physical volumes of the group that it may lie on.
    physical: Vec<&'a Physical>,
}

impl Known<'_> {
    fn volume(&self, name: &str) -> Option<&Logical> {
        let last = name.rsplit('/').next();
        let is = |it: &&&Logical| it.name == name || Some(&*it.name) == last;
        self.volumes.iter().find(is).copied()
    }
}

impl Lvol {
    /// The volume that the task is about.
    fn name(&self) -> &str {
        let names = [&self.snapshot, &self.lv, &self.thinpool];
        names
            .into_iter()
            .flatten()
            .next()
            .map_or("", String::as_str)
    }

    fn size(&self) -> Result<Option<Size>> {
        self.size.as_deref().map(Size::read).transpose()
    }

    /// What must be there before the volume can be made.
    fn missing(&self, known: &Known<'_>) -> Result<Option<String>> {
        let lv = self.lv.as_deref().unwrap_or_default();
        if self.snapshot.is_some() {
            return match known.volume(lv) {
                Some(it) if it.is_thin_pool() => Err(Error::failed(format!(
                    "{}/{lv} is a thin pool, and cannot have snapshots",
                    self.vg
                ))),
                Some(_) => Ok(None),
                None => Ok(Some(format!("the logical volume {}/{lv}", self.vg))),
            };
        }
        let pool = self.thinpool.as_deref().filter(|_| self.lv.is_some());
        let pool = pool.filter(|pool| known.volume(pool).is_none());
        Ok(pool.map(|pool| format!("the thin pool {}/{pool}", self.vg)))
    }

    fn plan_new(&self, known: &Known<'_>, plan: &mut Plan) -> Result<()> {
        let size = self.size()?;
        let lv = self.lv.as_deref().unwrap_or_default();
        let whole = |name: &str| format!("{}/{name}", self.vg);
        let own = |name: &str| ["-n".to_owned(), name.to_owned()];
        let of_thin = self.snapshot.is_some() && known.volume(lv).is_some_and(Logical::is_thin);
        let mut command = ["lvcreate", "--yes"].map(str::to_owned).to_vec();
        let given = match &size {
            Some(size) if size.sign == Some(Sign::Less) => {
                return Err(Error::failed(format!(
                    "{} is not there, and cannot be made smaller",
                    whole(self.name())
                )));
            }
            Some(size) => {
                self.fits(size, known)?;
                size.words(false)
            }
            None if of_thin => Vec::new(),
            None => {
                return Err(
                    Error::failed(format!("{} is not there", whole(self.name())))
                        .hint("say `size`, so that it can be made"),
                );
            }
        };
        let options = words(&self.opts).map_err(Error::arguments)?;
        if let Some(snapshot) = &self.snapshot {
            command.extend(given);
            command.push("-s".into());
            command.extend(own(snapshot));
            command.extend(options);
            command.push(whole(lv));
        } else if let Some(pool) = &self.thinpool {
            if self.lv.is_some() {
                command.extend(own(lv));
                command.push("-V".into());
                command.extend(given.into_iter().skip(1));
            } else {
                command.extend(given);
            }
            command.extend(options);
            command.extend(["-T".to_owned(), whole(pool)]);
        } else {
            command.extend(own(lv));
            command.extend(given);
            command.extend(options);
            command.push(self.vg.clone());
            command.extend(self.pvs.iter().cloned());
        }
        let after = format!(
            "size: {}\n",
            self.size.as_deref().unwrap_or("that of its origin")
        );
        let diff = Diff::text(&whole(self.name()), "", after);
        plan.run_command(lvm::command(command), Some(diff));
        if !self.active {
            self.activate(self.name(), plan);
        }
        Ok(())
    }

    fn plan_absent(&self, volume: &Logical, plan: &mut Plan) -> Result<()> {
        let path = format!("{}/{}", self.vg, volume.name);
        if !self.force {
            return Err(Error::failed(format!(
                "the logical volume {path} is not removed without force"
            ))
            .hint("`force: true` removes it, and all that is on it"));
        }
        lvm::run(plan, ["lvremove", "--force", &path]);
        Ok(())
    }

    fn activate(&self, name: &str, plan: &mut Plan) {
        let path = format!("{}/{name}", self.vg);
        let how = if self.active { "-ay" } else { "-an" };
        lvm::run(plan, ["lvchange", how, &path]);
    }
}

impl Task for Lvol {
    const NAME: &'static str = "lvol";

    fn validate(&self) -> Result<()> {
        if self.lv.is_none() && self.thinpool.is_none() {
            return Err(
                Error::arguments("no logical volume is named").hint("say `lv` or `thinpool`")
            );
        }
        if self.snapshot.is_some() && self.lv.is_none() {
            return Err(Error::arguments(
                "`snapshot` needs `lv`: the volume that it is of",
            ));
        }
        let share = |size: &Size| match size.amount {
            Amount::Share(_, whole) => Some(whole),
            Amount::Bytes(_) => None,
        };
        let share = self
            .size()
            .map_err(|error| error.about(["size"]))?
            .as_ref()
            .and_then(share);
        if share == Some(Whole::Origin) && self.snapshot.is_none() {
            return Err(
                Error::arguments("only snapshots have an origin to be a share of").about(["size"]),
            );
        }
        let thin = self.snapshot.is_none() && self.lv.is_some() && self.thinpool.is_some();
        if share.is_some() && thin {
            return Err(Error::arguments("a thin volume is no share of anything").about(["size"]));
        }
        words(&self.opts).map_err(|why| Error::arguments(why).about(["opts"]))?;
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (groups, physical, logical) =
            tokio::join!(lvm::groups(host), lvm::physical(host), lvm::logical(host));
        let (groups, physical, logical) = (groups?, physical?, logical?);
        let deed = format!("make {}/{}", self.vg, self.name());
        let Some(group) = groups.iter().find(|it| it.name == self.vg) else {
            if self.state == State::Present {
                absent::awaited(&mut plan, &deed, &format!("the volume group {}", self.vg));
            }
            return Ok(plan);
        };
        // A device may be named by a link, and with a range of extents behind it.
        let named = |it: &String| it.split(':').next().unwrap_or_default().to_owned();
        let named: Vec<String> = self.pvs.iter().map(named).collect();
        let (wanted, real) = devices(host, &named, physical.iter().map(|it| &*it.name)).await?;
        let allowed = |path: &str| wanted.is_empty() || wanted.iter().any(|it| it.path() == path);
        let known = Known {
            group,
            volumes: logical.iter().filter(|it| it.group == self.vg).collect(),
            physical: physical
                .iter()
                .zip(&real)
                .filter(|(it, real)| it.group == self.vg && allowed(real))
                .map(|(it, _)| it)
                .collect(),
        };
        match (known.volume(self.name()), self.state) {
            (None, State::Absent) => {}
            (Some(volume), State::Absent) => self.plan_absent(volume, &mut plan)?,
            (None, State::Present) => match self.missing(&known)? {
                Some(missing) => absent::awaited(&mut plan, &deed, &missing),
                None => self.plan_new(&known, &mut plan)?,
            },
            (Some(volume), State::Present) => {
                self.plan_size(volume, &known, &mut plan)?;
                if volume.active() == Some(!self.active) {
                    self.activate(&volume.name, &mut plan);
                }
                plan.returns("vg", self.vg.clone());
                plan.returns("lv", volume.name.clone());
                let unit = self.size()?.map_or(size::MEGABYTE, |it| it.unit);
                plan.returns("size", volume.size as f64 / unit as f64);
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A volume for etcd, and the rest for containerd",
                yaml: "- community.general.lvol:\n    vg: data\n    lv: etcd\n    size: 20g\n- community.general.lvol:\n    vg: data\n    lv: containerd\n    size: 100%FREE\n",
            },
            Example {
                title: "It grows with its file system, and never shrinks",
                yaml: "lvol:\n  vg: data\n  lv: etcd\n  size: 40g\n  shrink: false\n  resizefs: true\n",
            },
            Example {
                title: "A thin pool, and a volume in it",
                yaml: "- lvol:\n    vg: data\n    thinpool: pool\n    size: 80%VG\n- lvol:\n    vg: data\n    thinpool: pool\n    lv: registry\n    size: 200g\n",
            },
            Example {
                title: "A snapshot before an upgrade",
                yaml: "lvol:\n  vg: data\n  lv: etcd\n  snapshot: etcd-before\n  size: 5g\n",
            },
            Example {
                title: "No longer, with all that is on it",
                yaml: "lvol:\n  vg: data\n  lv: etcd\n  state: absent\n  force: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("vg", "The volume group of a volume that was there before."),
            ("lv", "Its name."),
            (
                "size",
                "The size that it had before, in the unit of `size`.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests;

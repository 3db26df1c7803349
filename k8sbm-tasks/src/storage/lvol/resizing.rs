//! Volumes that are there and shall be larger or smaller.

use super::{
    Known, Lvol,
    size::{Amount, Sign, Size, Whole},
};
use crate::storage::lvm::{self, Logical};
use k8sbm_core::task::{Diff, Error, Plan, Result};

impl Lvol {
    /// How large a volume that is there shall be, in bytes, at least and at most; nothing where that cannot be told.
    ///
    /// A share is seldom a whole number of extents: LVM makes a volume of those that are in it, and resizes one to
    /// the next.
    fn target(&self, size: &Size, volume: &Logical, known: &Known<'_>) -> Option<(u64, u64)> {
        let extent = known.group.extent;
        let share = |of: u64, percent: u64| {
            let bytes = hundredths(of, percent);
            (bytes / extent * extent, bytes.div_ceil(extent) * extent)
        };
        let (least, most) = match size.amount {
            Amount::Bytes(bytes) => {
                let bytes = bytes.div_ceil(extent).saturating_mul(extent);
                (bytes, bytes)
            }
            Amount::Share(percent, Whole::Group) => share(known.group.size, percent),
            Amount::Share(percent, Whole::Free) => share(known.group.free, percent),
            Amount::Share(percent, Whole::Physical) => {
                share(known.physical.iter().map(|it| it.size).sum(), percent)
            }
            Amount::Share(_, Whole::Origin) => return None,
        };
        let exactly = |bytes: u64| (bytes, bytes);
        Some(match size.sign {
            None => (least, most),
            Some(Sign::More) => exactly(volume.size.saturating_add(most)),
            Some(Sign::Less) => exactly(volume.size.saturating_sub(least)),
        })
    }

    /// Refuses a share of a group for a new volume that is more than what is left: LVM would make it smaller.
    pub(super) fn fits(&self, size: &Size, known: &Known<'_>) -> Result<()> {
        let Amount::Share(percent, Whole::Group) = size.amount else {
            return Ok(());
        };
        let (extent, free) = (known.group.extent, known.group.free);
        let bytes = hundredths(known.group.size, percent) / extent * extent;
        if bytes <= free {
            return Ok(());
        }
        Err(Error::failed(format!(
            "{percent}% of {} are {bytes} B, and {free} B are left",
            self.vg
        ))
        .hint("`100%FREE` takes what is left"))
    }

    /// Makes a volume larger, or by force smaller.
    pub(super) fn plan_size(
        &self,
        volume: &Logical,
        known: &Known<'_>,
        plan: &mut Plan,
    ) -> Result<()> {
        let path = format!("{}/{}", self.vg, volume.name);
        let Some(size) = self.size()? else {
            return Ok(());
        };
        let Some((least, most)) = self.target(&size, volume, known) else {
            return Ok(());
        };
        let of_free = matches!(size.amount, Amount::Share(_, Whole::Free)) && size.sign.is_none();
        let tool: &[&str] = if least > volume.size {
            let more = least - volume.size;
            if more > known.group.free && !volume.is_thin() {
                return Err(Error::failed(format!(
                    "{path} cannot grow by {more} B: {} has {} B left",
                    self.vg, known.group.free
                )));
            }
            &["lvextend"]
        } else if most < volume.size && !of_free && (self.shrink || size.sign == Some(Sign::Less)) {
            if most == 0 {
                return Err(Error::failed(format!("nothing would be left of {path}")));
            }
            if !self.force {
                return Err(Error::failed(format!(
                    "{path} has {} B, and is not made smaller without force",
                    volume.size
                ))
                .hint("`force: true` does it, and what lies behind the new end is lost; `shrink: false` leaves it"));
            }
            &["lvreduce", "--force"]
        } else {
            return Ok(());
        };
        let mut command: Vec<String> = tool.iter().map(|it| (*it).to_owned()).collect();
        if self.resizefs {
            command.push("--resizefs".into());
        }
        command.extend(size.words(true));
        command.push(path.clone());
        if least > volume.size {
            command.extend(self.pvs.iter().cloned());
        }
        let side = |bytes: u64| format!("size: {bytes} B\n");
        let diff = Diff::text(&path, side(volume.size), side(most));
        plan.run_command(lvm::command(command), Some(diff));
        Ok(())
    }
}

fn hundredths(of: u64, percent: u64) -> u64 {
    let bytes = u128::from(of) * u128::from(percent) / 100;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

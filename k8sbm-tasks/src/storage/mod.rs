//! Disks: their partitions, and LVM's volume groups and logical volumes.

mod absent;
mod list;
mod lvg;
mod lvm;
mod lvol;
mod parted;

pub(crate) use list::register;

//! Disks: their partitions, LVM's volume groups and logical volumes, and the file systems on them.

mod absent;
mod contents;
mod devices;
mod filesystem;
mod list;
mod lvg;
mod lvm;
mod lvol;
mod parted;

pub(crate) use list::register;

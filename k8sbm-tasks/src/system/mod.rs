//! The operating system: its name, kernel, file systems, swap, time.

mod cron;
mod crontab;
mod fstab;
mod hostname;
mod list;
mod modprobe;
mod mount;
mod mounting;
mod mounts;
mod swap;
mod swap_units;
mod sysctl;
mod timezone;

pub(crate) use list::register;

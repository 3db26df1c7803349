//! The operating system: its name, kernel, file systems, swap, time.

mod alternatives;
mod cron;
mod crontab;
mod fstab;
mod getent;
mod hostname;
mod list;
mod modprobe;
mod mount;
mod mounting;
mod mounts;
mod pam_limits;
mod seboolean;
mod selinux;
mod swap;
mod swap_units;
mod sysctl;
mod timezone;

pub(crate) use list::register;

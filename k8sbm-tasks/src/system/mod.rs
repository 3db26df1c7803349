//! The operating system: its name, kernel, file systems, time.

mod hostname;
mod list;
mod modprobe;
mod sysctl;
mod timezone;

pub(crate) use list::register;

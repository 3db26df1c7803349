//! Services: what runs, and what starts at boot.

mod list;
#[expect(clippy::module_inception, reason = "the module is called service")]
mod service;
mod service_facts;
mod systemctl;
mod systemd;
mod unit;

pub(crate) use list::register;

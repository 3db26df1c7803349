//! Users, groups, and who may log in.

mod accounts;
mod authorized_key;
mod change;
mod group;
mod home;
mod known_hosts;
mod list;
mod public_key;
mod ssh_key;
#[expect(clippy::module_inception, reason = "the module is called user")]
mod user;

pub(crate) use list::register;

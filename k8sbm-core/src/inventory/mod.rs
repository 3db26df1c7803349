//! Hosts, groups, their variables, and which hosts a pattern means.
//!
//! An [`Inventory`] is read from files, directories, scripts or lists ([`Inventory::load`]) or
//! built in code ([`Inventory::add_host`]). Host and group ids never change once given, so that a
//! run can keep its own tables by id while hosts are added.

mod address;
mod data;
mod group;
mod growth;
mod host;
mod load;
mod order;
mod pattern;
mod range;
mod read;
mod vars_dir;

pub use data::{Inventory, Origin};
pub use group::{Group, GroupId};
pub use host::{Host, HostId, LOCAL_NAMES};
pub use pattern::{HostOrder, Pattern, Selection};
pub use vars_dir::{VarsDir, VarsKind, read_vars_dir};

//! Hosts, groups and variables, as they are shown.

mod explain;
mod list;
mod tree;
mod view;

pub use explain::explain;
pub use list::{list, nested};
pub use tree::tree;
pub use view::View;

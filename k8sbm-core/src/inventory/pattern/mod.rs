//! Which hosts a play means: `web:&prod:!web1`, `db[0]`, `~node\d+`, `*.example.org`.

mod matcher;
mod order;
mod parse;
mod select;

pub use order::HostOrder;
pub use parse::Pattern;
pub use select::Selection;

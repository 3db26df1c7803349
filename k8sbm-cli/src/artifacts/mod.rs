//! Artefacts as people read them.

mod listing;
mod locking;
mod pulling;

pub use listing::{judged, table};
pub use locking::write_into;
pub use pulling::Pulling;

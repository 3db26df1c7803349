//! Artefacts as people read them.

mod listing;
mod locking;
mod pulling;

pub use listing::{judged, table};
pub use locking::locked;
pub use pulling::Pulling;

//! Artefacts as people read them.

mod listing;
mod pulling;

pub use listing::{judged, table};
pub use pulling::Pulling;

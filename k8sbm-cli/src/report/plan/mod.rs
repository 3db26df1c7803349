//! What a run would change.

mod collect;
mod tell;

pub use collect::Planned;

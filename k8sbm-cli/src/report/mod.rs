//! Readers of events, and forms of what lint found.

mod adhoc;
mod facts;
pub mod github;
mod human;
mod json;
mod junit;
mod plan;
pub mod sarif;
mod several;

pub use adhoc::AdHoc;
pub use facts::Facts;
pub use human::{Human, Look, Tone, unified, why_unknown};
pub use json::JsonLines;
pub use junit::Junit;
pub use plan::Planned;
pub use several::Several;

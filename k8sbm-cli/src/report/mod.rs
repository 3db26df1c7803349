//! Readers of events.

mod human;
mod json;
mod junit;
mod several;

pub use human::{Human, Look, Tone, unified};
pub use json::JsonLines;
pub use junit::Junit;
pub use several::Several;

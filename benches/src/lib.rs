//! Ratios against others, measured in one run.

pub mod scale;

//! Stories on real hosts, the laws every module keeps, and cases.

pub mod fleet;

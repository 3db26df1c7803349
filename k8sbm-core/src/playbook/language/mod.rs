//! The words of the language: keywords, what they take, and what is inherited.

pub(in crate::playbook) mod foreign;
pub(in crate::playbook) mod inherit;
pub(in crate::playbook) mod keyword;
mod needs;
mod shape;

pub(in crate::playbook) use inherit::{items, nothing, tags_of, value};
pub(in crate::playbook) use keyword::{Keyword, Place};
pub(in crate::playbook) use shape::{Shape, switch, unfit};

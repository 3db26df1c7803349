//! Releases of Helm: what is installed, what shall be, and how the one becomes the other.

mod command;
mod release;
mod standing;

pub(crate) use command::{Helm, no_helm, rendered};
pub(crate) use release::{Crds, Release};

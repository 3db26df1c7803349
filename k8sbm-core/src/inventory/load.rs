//! Reading an inventory from all its sources.

use super::{Inventory, read::read_source};
use crate::{diagnostic::Diagnostic, node::Reading};

impl Inventory {
    /// Reads sources in order: paths of files, directories and scripts, and lists such as
    /// `web1,web2`; what a later one sets wins.
    pub fn load<S: AsRef<str>>(sources: &[S], reading: &Reading) -> Result<Self, Diagnostic> {
        let mut inventory = Self::new();
        for source in sources {
            read_source(&mut inventory, source.as_ref(), reading)?;
        }
        inventory
            .hosts
            .iter_mut()
            .for_each(|host| host.vars.shrink_to_fit());
        inventory.settle();
        inventory.warn_of_doubles();
        Ok(inventory)
    }
}

#[cfg(test)]
mod tests;

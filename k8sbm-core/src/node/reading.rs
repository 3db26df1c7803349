//! How YAML files of the controller are read.

use crate::{diagnostic::Warnings, vault::VaultSecrets};

/// What becomes of a key that a mapping has twice; where it may be, the later value counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// It is a mistake.
    #[default]
    Refused,
    /// It is warned of.
    Warned,
    /// It is passed over.
    Ignored,
}

/// How YAML files of the controller are read, the same for a whole run.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What encrypted files are opened with.
    pub secrets: VaultSecrets,
    /// What becomes of keys that are given twice.
    pub duplicates: Duplicates,
    /// What there is to warn of in them; shared by all clones.
    pub warnings: Warnings,
}

impl From<VaultSecrets> for Reading {
    fn from(secrets: VaultSecrets) -> Self {
        Self {
            secrets,
            ..Self::default()
        }
    }
}

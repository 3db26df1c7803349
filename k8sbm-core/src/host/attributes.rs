//! Owner, group and mode of a file.

use super::{Mode, Stat};
use serde::Serialize;

/// What a task wants of a file's owner, group and mode; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attributes {
    /// Permission bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Owner, by name or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Group, by name or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Attributes {
    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.mode.is_none() && self.owner.is_none() && self.group.is_none()
    }

    /// What of this differs from how `stat` is now.
    #[must_use]
    pub fn missing_from(&self, stat: &Stat) -> Self {
        let named = |wanted: &Option<String>, name: &str, number: u32| {
            wanted
                .clone()
                .filter(|wanted| wanted != name && *wanted != number.to_string())
        };
        Self {
            mode: self
                .mode
                .as_ref()
                .filter(|mode| !stat.is_link() && mode.apply(stat.mode, stat.is_dir()) != stat.mode)
                .cloned(),
            owner: named(&self.owner, &stat.owner, stat.uid),
            group: named(&self.group, &stat.group, stat.gid),
        }
    }
}

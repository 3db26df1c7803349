//! Whether a role that is called again has run already.

use crate::{
    node::{Kind, Map, Node},
    playbook::{Context, language::value, role::RoleCall},
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What makes a role that is called twice the same role.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::playbook) struct Identity {
    directory: PathBuf,
    /// Parameters, variables, conditions, tags and names of files.
    call: String,
    /// Conditions and tags from around it.
    conditions: Vec<String>,
    tags: BTreeSet<Arc<str>>,
}

impl Identity {
    pub(in crate::playbook) fn of(directory: &Path, call: &RoleCall, around: &Context) -> Self {
        let json = |map: &Map| Node::new(Kind::Map(map.clone())).to_json().to_string();
        let said: Vec<_> = ["vars", "when", "tags"]
            .iter()
            .map(|key| value(&call.keywords, key).map(Node::to_json))
            .collect();
        let from = [
            &call.tasks_from,
            &call.vars_from,
            &call.defaults_from,
            &call.handlers_from,
        ];
        let inherited = around.inherited.as_deref();
        Self {
            directory: directory.to_owned(),
            call: format!("{} {said:?} {from:?}", json(&call.parameters)),
            conditions: inherited.map_or_else(Vec::new, |task| {
                task.when.iter().filter_map(Node::to_text).collect()
            }),
            tags: inherited.map_or_else(BTreeSet::new, |task| task.tags.clone()),
        }
    }

    /// Whether this one has run wherever and whenever the other would.
    pub(in crate::playbook) fn covers(&self, other: &Self) -> bool {
        self.directory == other.directory
            && self.call == other.call
            && self.tags == other.tags
            && (self.conditions.is_empty() || self.conditions == other.conditions)
    }
}

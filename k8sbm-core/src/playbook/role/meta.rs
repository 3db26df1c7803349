//! What a role's `meta/` says.

use crate::{
    node::Node,
    playbook::{
        language::{items, switch, unfit, value},
        reader::Reader,
        role::{RoleDirectory, role_file},
    },
};
use std::sync::Arc;

/// What a role's `meta/` says.
#[derive(Default)]
pub(in crate::playbook) struct RoleMeta {
    pub(in crate::playbook) dependencies: Vec<Node>,
    pub(in crate::playbook) allow_duplicates: bool,
    pub(in crate::playbook) collections: Vec<Arc<str>>,
    pub(in crate::playbook) argument_specs: Option<Node>,
}

impl Reader<'_> {
    pub(in crate::playbook) fn meta_of(&mut self, directory: &RoleDirectory) -> Option<RoleMeta> {
        let folder = directory.path.join("meta");
        let mut meta = RoleMeta::default();
        let specs = role_file(&folder, Some("argument_specs"));
        if let Some(path) = &specs {
            let document = self.loader.files.document(path);
            meta.argument_specs = self.take(document)?.get("argument_specs").cloned();
        }
        let Some(path) = role_file(&folder, None) else {
            return Some(meta);
        };
        let document = self.loader.files.document(&path);
        let document = self.take(document)?;
        let Some(map) = document.as_map() else {
            if !document.is_null() {
                self.error(unfit("meta", "a mapping", &document));
            }
            return Some(meta);
        };
        if let Some(list) = value(map, "dependencies") {
            match list.as_seq() {
                Some(list) => meta.dependencies = list.to_vec(),
                None => self.error(unfit("dependencies", "a list of roles", list)),
            }
        }
        meta.allow_duplicates = value(map, "allow_duplicates")
            .and_then(switch)
            .unwrap_or(false);
        meta.collections = value(map, "collections")
            .map_or(&[][..], items)
            .iter()
            .filter_map(Node::as_str)
            .map(Arc::from)
            .collect();
        if specs.is_none() {
            meta.argument_specs = value(map, "argument_specs").cloned();
        }
        Some(meta)
    }
}

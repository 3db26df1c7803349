//! The magic variables of a run.

use super::options::Options;
use crate::{
    value::Value,
    vars::{Magic, absolute, ansible_version},
};
use std::{path::Path, sync::Arc};

/// What is the same for all plays.
pub(super) fn run_magic(options: &Options, sources: &[String]) -> Arc<Magic> {
    let list = |words: &[String]| {
        Value::from(
            words
                .iter()
                .map(|word| Value::from(word.as_str()))
                .collect::<Vec<_>>(),
        )
    };
    let sources: Vec<String> = sources.iter().map(|source| whole(source)).collect();
    let tags = if options.tags.is_empty() {
        vec!["all".to_owned()]
    } else {
        options.tags.clone()
    };
    let mut magic = Magic::new(None)
        .with("ansible_check_mode", options.check)
        .with("ansible_diff_mode", options.diff)
        .with("ansible_forks", options.forks)
        .with("ansible_verbosity", options.verbosity)
        .with("ansible_version", ansible_version())
        .with("ansible_inventory_sources", list(&sources))
        .with("ansible_playbook_python", "python3")
        .with("ansible_run_tags", list(&tags))
        .with("ansible_skip_tags", list(&options.skip_tags));
    if let Some(limit) = &options.limit {
        magic = magic.with("ansible_limit", limit.as_str());
    }
    Arc::new(magic)
}

/// A source of the inventory: a path from the root, or names as they were given.
fn whole(source: &str) -> String {
    if source.contains(',') {
        source.to_owned()
    } else {
        absolute(Path::new(source))
    }
}

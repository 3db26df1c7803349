//! The magic variables of a run, and what a task adds to them.

use super::{options::Options, prepare::Preparing};
use crate::{
    template::Compat,
    value::{self, Value},
    vars::{Magic, Scope, absolute, ansible_version},
};
use std::{path::Path, sync::Arc};

/// What is the same for all plays.
pub(super) fn run_magic(options: &Options, compat: Compat, sources: &[String]) -> Arc<Magic> {
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
        .with("ansible_version", ansible_version(compat))
        .with("ansible_inventory_sources", list(&sources))
        .with("ansible_playbook_python", "python3")
        .with("ansible_config_file", ())
        .with("environment", Value::from(Vec::<Value>::new()))
        .with("ansible_run_tags", list(&tags))
        .with("ansible_skip_tags", list(&options.skip_tags));
    if let Some(limit) = &options.limit {
        magic = magic.with("ansible_limit", limit.as_str());
    }
    Arc::new(magic)
}

impl Preparing<'_> {
    /// The variables of a task, with its `environment`, and those of the host it acts on instead.
    pub(super) fn within_task(&self, mut scope: Scope) -> Scope {
        if let Some(environment) = &self.job.environment {
            let value = environment.value(&scope);
            scope = scope.with_local("environment", value);
        }
        scope
    }

    /// A round's variables, with those of the host that it acts on instead.
    pub(super) fn delegated(&self, scope: Scope) -> Scope {
        let Some(delegate) = &self.job.spec.delegate_to else {
            return scope;
        };
        // Where the name cannot be said, the task fails by that once it needs the host.
        let Ok(name) = self.shared.engine.value(delegate, &scope) else {
            return scope;
        };
        let name = value::python_str(&name);
        let other = scope.of_delegate(&self.shared.host_named(&name));
        scope.with_local("ansible_delegated_vars", Value::from_pairs([(name, other)]))
    }
}

/// A source of the inventory: a path from the root, or names as they were given.
fn whole(source: &str) -> String {
    if source.contains(',') {
        source.to_owned()
    } else {
        absolute(Path::new(source))
    }
}

//! What can be told of a run before it begins.

use super::ready::Ready;
use crate::{
    node::{Kind, Node},
    playbook::TaskSpec,
    vars::Scope,
};

impl Ready {
    /// Whether a host leaves a task out as the inventory is: a condition of it speaks of nothing but variables that are
    /// known, and does not hold. What asks whether something is defined is not judged: a task may define it.
    pub fn leaves_out(&self, host: &str, task: &TaskSpec) -> bool {
        let vars = self.shared.host_named(host);
        let scope = Scope::new(&self.shared.store, &vars)
            .with_layers(task.context.layers.clone().into())
            .with_magic(self.shared.magic.clone());
        let known = |condition: &&Node| match &condition.kind {
            Kind::Str(text) => !text.contains("defined") && !text.contains("default"),
            _ => true,
        };
        let mut conditions = task.when.iter().filter(known);
        conditions.any(|it| matches!(self.shared.engine.condition(it, &scope), Ok(false)))
    }
}

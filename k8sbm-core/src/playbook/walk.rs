//! The tasks of nested steps, in order.

use super::{Play, Step, TaskSpec};

/// The tasks of steps and of the blocks among them, with their rescues.
pub(super) fn tasks(steps: &[Step]) -> Vec<&TaskSpec> {
    let mut all = Vec::new();
    gather(steps, &mut all);
    all
}

impl Play {
    /// All its tasks but handlers, as they are written; what they include joins while running.
    pub fn tasks(&self) -> Vec<&TaskSpec> {
        let mut all = Vec::new();
        for (_, steps) in &self.sections {
            gather(steps, &mut all);
        }
        all
    }
}

fn gather<'a>(steps: &'a [Step], all: &mut Vec<&'a TaskSpec>) {
    for step in steps {
        match step {
            Step::Task(task) => all.push(task),
            Step::Block(block) => {
                for steps in [&block.block, &block.rescue, &block.always] {
                    gather(steps, all);
                }
            }
        }
    }
}

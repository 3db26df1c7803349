//! From a play's steps to a graph; strategies differ only in the edges they add.

use super::{
    edges::{Edges, End},
    plan::{Arm, Graph, NodeKind, Numbers, Part},
};
use crate::{
    diagnostic::Diagnostic,
    playbook::{Block, Play, Section, Statement, Step, Strategy, TaskSpec},
};
use std::sync::Arc;

/// Compiles a play. `opening` are the tasks that it begins with by itself, such as the one that gathers facts; tasks get
/// their number from `numbers`.
///
/// # Errors
/// When a `needs` names nothing, or closes a circle.
pub fn compile(
    play: &Play,
    strategy: Strategy,
    opening: impl IntoIterator<Item = Arc<TaskSpec>>,
    numbers: Numbers,
) -> Result<Graph, Diagnostic> {
    let mut compiler = Compiler {
        graph: Graph::numbered(numbers),
        edges: Edges::new(strategy),
    };
    let top: Arc<[Arm]> = Arc::from([]);
    let mut end = End::default();
    for task in opening {
        end = compiler.task(task, &top, end);
        compiler.edges.everything_follows(&end);
    }
    compiler.graph.opening = compiler.graph.order.len();
    for (at, (section, steps)) in play.sections.iter().enumerate() {
        end = compiler.steps(steps, &top, end);
        // Roles and tasks share one run of handlers, after the tasks.
        let next = play.sections.get(at + 1).map(|(section, _)| *section);
        if !(*section == Section::Roles && next == Some(Section::Tasks)) {
            end = compiler.flush(&top, end);
        }
    }
    let Compiler { mut graph, edges } = compiler;
    edges.add_to(&mut graph)?;
    Ok(graph)
}

pub(super) struct Compiler {
    pub graph: Graph,
    pub edges: Edges,
}

impl Compiler {
    pub fn steps(&mut self, steps: &[Step], place: &Arc<[Arm]>, mut end: End) -> End {
        for step in steps {
            end = match step {
                Step::Task(task) => self.task(task.clone(), place, end),
                Step::Block(block) => self.block(block, place, end),
            };
        }
        end
    }

    fn task(&mut self, task: Arc<TaskSpec>, place: &Arc<[Arm]>, end: End) -> End {
        if let Statement::Meta(crate::playbook::Meta::FlushHandlers) = task.statement {
            return self.flush(place, end);
        }
        let node = self.graph.add(NodeKind::Task(task.clone()), place);
        self.edges
            .enter(node, &end, task.needs.as_deref(), task.id.as_ref());
        End::at(node)
    }

    pub fn flush(&mut self, place: &Arc<[Arm]>, end: End) -> End {
        let node = self.graph.add(NodeKind::Flush, place);
        self.edges.gather(node, &end);
        End::at(node)
    }

    fn block(&mut self, block: &Block, place: &Arc<[Arm]>, end: End) -> End {
        let id = self.graph.new_block();
        let within = |part| {
            place
                .iter()
                .copied()
                .chain([Arm { block: id, part }])
                .collect::<Arc<[Arm]>>()
        };
        let rescue = !block.rescue.is_empty();
        let begin = self.edges.begin_block(&end, block.needs.as_deref());
        let first = self.graph.order.len();
        let mut end = self.steps(&block.block, &within(Part::Block { rescue }), begin);
        for (part, steps) in [(Part::Rescue, &block.rescue), (Part::Always, &block.always)] {
            if !steps.is_empty() {
                end = self.join(first, &within(part), end);
                end = self.steps(steps, &within(part), end);
            }
        }
        if self.edges.needs_joins() {
            end = self.join(first, place, end);
        }
        self.edges.end_block(&end, block.id.as_ref());
        end
    }

    /// A node that waits for all nodes since the `first`-th, where the strategy does not chain them anyway.
    fn join(&mut self, first: usize, place: &Arc<[Arm]>, end: End) -> End {
        if !self.edges.needs_joins() {
            return end;
        }
        let inside = self.graph.order[first..].to_vec();
        let node = self.graph.add(NodeKind::Join, place);
        self.edges.join(node, &inside, &end);
        End::at(node)
    }
}

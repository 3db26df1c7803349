//! What joins a graph while it runs: included steps, and handlers that were notified.

use super::{
    compile::Compiler,
    edges::{Edges, End},
    plan::{Graph, NodeId, NodeKind},
};
use crate::{
    diagnostic::Diagnostic,
    playbook::{Handler, Step, Strategy},
};

/// What joins the graph behind a node.
#[derive(Debug)]
pub enum Growth<'a> {
    /// Included steps.
    Steps(&'a [Step]),
    /// Handlers by their index, and another look for handlers that these notify.
    Handlers(Vec<(usize, Handler)>),
}

impl Graph {
    /// Puts nodes between `at` and what waits for it, and returns them.
    ///
    /// # Errors
    /// When a `needs` among them names nothing, or closes a circle.
    pub fn grow(
        &mut self,
        at: NodeId,
        strategy: Strategy,
        growth: Growth<'_>,
    ) -> Result<Vec<NodeId>, Diagnostic> {
        let place = self.node(at).place.clone();
        let position = self
            .order
            .iter()
            .position(|id| *id == at)
            .map_or(self.order.len(), |position| position + 1);
        let later = self.order.split_off(position);
        let successors: Vec<_> = self
            .after(at)
            .map(|(id, wait)| (id, wait.clone()))
            .collect();
        let mut compiler = Compiler {
            graph: std::mem::take(self),
            edges: Edges::new(strategy),
        };
        let end = match growth {
            Growth::Steps(steps) => compiler.steps(steps, &place, End::at(at)),
            Growth::Handlers(handlers) => {
                let end = handlers
                    .into_iter()
                    .fold(End::at(at), |end, (index, handler)| {
                        let node = compiler
                            .graph
                            .add(NodeKind::Handler(index, handler), &place);
                        compiler.edges.enter(node, &end, None, None);
                        End::at(node)
                    });
                compiler.flush(&place, end)
            }
        };
        let Compiler {
            mut graph,
            mut edges,
        } = compiler;
        let added = graph.order[position..].to_vec();
        for (successor, wait) in successors {
            edges.precede(successor, &end, wait);
        }
        let result = edges.add_to(&mut graph);
        graph.order.extend(later);
        *self = graph;
        result.map(|()| added)
    }
}

//! Who waits for whom: what makes strategies differ.

use super::plan::{Graph, NodeId, Wait};
use crate::{
    diagnostic::{Diagnostic, nearest},
    playbook::{Need, NeedScope, Strategy},
};
use std::{collections::HashMap, sync::Arc};

/// What the next step follows: the step before it, and what its block waits for.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    last: Option<NodeId>,
    needs: Arc<[Need]>,
}

impl End {
    pub(super) fn at(node: NodeId) -> Self {
        Self {
            last: Some(node),
            needs: Arc::default(),
        }
    }
}

/// Collects the waits of a play; they are added when all ids are known.
#[derive(Debug)]
pub(super) struct Edges {
    strategy: Strategy,
    waits: Vec<(NodeId, NodeId, Wait)>,
    needs: Vec<(NodeId, Need)>,
    ids: HashMap<Arc<str>, NodeId>,
    all: Vec<NodeId>,
    first: Option<NodeId>,
}

impl Edges {
    pub(super) fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            waits: Vec::new(),
            needs: Vec::new(),
            ids: HashMap::new(),
            all: Vec::new(),
            first: None,
        }
    }

    /// A `dag` lets steps run out of order, so the ends of blocks need nodes of their own.
    pub(super) fn needs_joins(&self) -> bool {
        self.strategy == Strategy::Dag
    }

    /// All that comes later waits for this on its own host.
    pub(super) fn everything_follows(&mut self, end: &End) {
        self.first = end.last;
    }

    pub(super) fn enter(
        &mut self,
        node: NodeId,
        end: &End,
        needs: Option<&[Need]>,
        id: Option<&Arc<str>>,
    ) {
        if let Some(id) = id {
            self.ids.insert(id.clone(), node);
        }
        match needs {
            Some(needs) => {
                self.follow(node, self.first, Wait::SameHost);
                self.needs
                    .extend(needs.iter().map(|need| (node, need.clone())));
                if !self.needs_joins() {
                    self.chain(node, end.last);
                }
            }
            None => {
                self.chain(node, end.last);
                self.needs
                    .extend(end.needs.iter().map(|need| (node, need.clone())));
            }
        }
        self.all.push(node);
    }

    /// A node that waits for all that came before, such as a run of handlers.
    pub(super) fn gather(&mut self, node: NodeId, end: &End) {
        if self.needs_joins() {
            for earlier in self.all.clone() {
                self.waits.push((node, earlier, Wait::AllHosts));
            }
        } else {
            self.chain(node, end.last);
        }
        self.all.push(node);
    }

    pub(super) fn join(&mut self, node: NodeId, inside: &[NodeId], end: &End) {
        self.follow(node, end.last, Wait::SameHost);
        for earlier in inside {
            self.waits.push((node, *earlier, Wait::SameHost));
        }
        self.all.push(node);
    }

    pub(super) fn begin_block(&self, end: &End, needs: Option<&[Need]>) -> End {
        match needs {
            Some(needs) if self.needs_joins() => End {
                last: self.first,
                needs: needs.into(),
            },
            Some(needs) => End {
                last: end.last,
                needs: needs.into(),
            },
            None => end.clone(),
        }
    }

    pub(super) fn end_block(&mut self, end: &End, id: Option<&Arc<str>>) {
        if let (Some(id), Some(last)) = (id, end.last) {
            self.ids.insert(id.clone(), last);
        }
    }

    /// Lets what waited for an include wait for what it brought, too.
    pub(super) fn precede(&mut self, later: NodeId, end: &End, wait: Wait) {
        self.follow(later, end.last, wait);
    }

    fn chain(&mut self, node: NodeId, last: Option<NodeId>) {
        let wait = match self.strategy {
            Strategy::Linear => Wait::AllHosts,
            Strategy::Free | Strategy::HostPinned | Strategy::Dag => Wait::SameHost,
        };
        self.follow(node, last, wait);
    }

    fn follow(&mut self, node: NodeId, last: Option<NodeId>, wait: Wait) {
        if let Some(last) = last {
            self.waits.push((node, last, wait));
        }
    }

    pub(super) fn add_to(self, graph: &mut Graph) -> Result<(), Diagnostic> {
        for (later, earlier, wait) in self.waits {
            graph
                .wait(later, earlier, wait)
                .map_err(|circle| circle.diagnostic(graph))?;
        }
        for (node, need) in self.needs {
            let Some(earlier) = self.ids.get(&need.id) else {
                let mut diagnostic = Diagnostic::new(format!(
                    "`needs` names `{}`, and no task has that id",
                    need.id
                ))
                .label(&need.span, "");
                if let Some(known) = nearest(&need.id, self.ids.keys().map(|id| &**id)) {
                    diagnostic = diagnostic.help(format!("did you mean `{known}`?"));
                }
                return Err(diagnostic);
            };
            let wait = match need.on {
                NeedScope::SameHost => Wait::SameHost,
                NeedScope::All => Wait::AllHosts,
                NeedScope::Hosts(hosts) => Wait::Hosts(hosts),
            };
            graph
                .wait(node, *earlier, wait)
                .map_err(|circle| circle.diagnostic(graph))?;
        }
        Ok(())
    }
}

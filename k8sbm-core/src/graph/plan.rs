//! The graph itself.

use crate::{
    diagnostic::Diagnostic,
    event::TaskId,
    node::Node,
    playbook::{Handler, TaskSpec},
};
use petgraph::{
    acyclic::Acyclic,
    data::Build,
    stable_graph::{NodeIndex, StableDiGraph},
    visit::EdgeRef,
};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// A node's number in its graph.
pub type NodeId = NodeIndex<u32>;

/// A block's number in its play.
pub type BlockId = u32;

/// How a task waits for another.
#[derive(Clone, Debug)]
pub enum Wait {
    /// Until it has ended on the same host.
    SameHost,
    /// Until it has ended on all hosts: a barrier.
    AllHosts,
    /// Until it has ended on these hosts: a pattern or a template of one.
    Hosts(Node),
}

/// One node.
#[derive(Clone, Debug)]
pub struct TaskNode {
    /// Its number in the run, for events.
    pub id: TaskId,
    /// What it is.
    pub kind: NodeKind,
    /// The parts of blocks that it stands in, the outermost first.
    pub place: Arc<[Arm]>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A task.
    Task(Arc<TaskSpec>),
    /// A handler, by its index in the play's list.
    Handler(usize, Handler),
    /// A point where notified handlers run.
    Flush,
    /// Where the nodes of a block, or of a part of it, come together.
    Join,
}

/// A part of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arm {
    /// The block.
    pub block: BlockId,
    /// Which part.
    pub part: Part,
}

/// The parts of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The steps themselves; whether a rescue stands by.
    Block {
        /// Whether there is a rescue.
        rescue: bool,
    },
    /// `rescue`
    Rescue,
    /// `always`
    Always,
}

/// A play's tasks and how they wait for each other.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    inner: Acyclic<StableDiGraph<TaskNode, Wait, u32>>,
    /// The nodes in the order of the file.
    pub order: Vec<NodeId>,
    /// How many of them the play itself begins with: they gather facts, or check variables.
    pub opening: usize,
    blocks: BlockId,
    numbers: Numbers,
}

/// The numbers of a run's tasks; graphs that are walked side by side share them.
#[derive(Clone, Debug, Default)]
pub struct Numbers(Arc<AtomicU32>);

impl Numbers {
    fn next(&self) -> TaskId {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Graph {
    /// A graph whose tasks get these numbers.
    pub fn numbered(numbers: Numbers) -> Self {
        Self {
            numbers,
            ..Self::default()
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.inner.node_count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &TaskNode {
        &self.inner[id]
    }

    /// What waits for a node.
    pub fn after(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Wait)> {
        self.inner
            .edges(id)
            .map(|edge| (edge.target(), edge.weight()))
    }

    /// What a node waits for.
    pub fn before(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Wait)> {
        self.inner
            .edges_directed(id, petgraph::Direction::Incoming)
            .map(|edge| (edge.source(), edge.weight()))
    }

    /// Where a node stands in the order of the file.
    pub fn position(&self, id: NodeId) -> Option<usize> {
        self.order.iter().position(|other| *other == id)
    }

    /// Adds a node at the end of the file's order.
    pub fn add(&mut self, kind: NodeKind, place: &Arc<[Arm]>) -> NodeId {
        let id = self.insert(kind, place);
        self.order.push(id);
        id
    }

    /// Adds a node without a place in the file's order.
    pub(crate) fn insert(&mut self, kind: NodeKind, place: &Arc<[Arm]>) -> NodeId {
        let number = self.numbers.next();
        self.inner.add_node(TaskNode {
            id: number,
            kind,
            place: place.clone(),
        })
    }

    /// Lets `later` wait for `earlier`; an equal wait is kept once.
    ///
    /// # Errors
    /// When that would close a circle.
    pub fn wait(&mut self, later: NodeId, earlier: NodeId, wait: Wait) -> Result<(), Circle> {
        let known = self.before(later).any(|(from, kind)| {
            from == earlier
                && std::mem::discriminant(kind) == std::mem::discriminant(&wait)
                && !matches!(wait, Wait::Hosts(_))
        });
        if known {
            return Ok(());
        }
        match self.inner.try_add_edge(earlier, later, wait) {
            Ok(_) => Ok(()),
            Err(_) => Err(Circle { later, earlier }),
        }
    }

    /// A new block's number.
    pub(crate) fn new_block(&mut self) -> BlockId {
        self.blocks += 1;
        self.blocks
    }

    /// The nodes on a way from one node to another, both included.
    pub(crate) fn way(&self, from: NodeId, to: NodeId) -> Vec<NodeId> {
        let mut came: std::collections::HashMap<NodeId, NodeId> = std::collections::HashMap::new();
        let mut open = std::collections::VecDeque::from([from]);
        while let Some(at) = open.pop_front() {
            if at == to {
                let mut way = vec![to];
                while let Some(before) = came
                    .get(way.last().unwrap_or(&from))
                    .filter(|_| way.last() != Some(&from))
                {
                    way.push(*before);
                }
                way.reverse();
                return way;
            }
            for (next, _) in self.after(at) {
                if next != from && !came.contains_key(&next) {
                    came.insert(next, at);
                    open.push_back(next);
                }
            }
        }
        Vec::new()
    }
}

/// A wait that would close a circle.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    /// The node that would wait.
    pub later: NodeId,
    /// The node it would wait for.
    pub earlier: NodeId,
}

impl Circle {
    /// Names the circle, with the places of its tasks.
    pub fn diagnostic(&self, graph: &Graph) -> Diagnostic {
        let way = graph.way(self.later, self.earlier);
        let names: Vec<String> = way
            .iter()
            .chain(way.first())
            .map(|id| graph.node(*id).name())
            .collect();
        let mut diagnostic = Diagnostic::new(format!(
            "tasks wait for each other in a circle: {}",
            names.join(" -> ")
        ));
        for id in way {
            if let Some(spec) = graph.node(id).spec() {
                let at = spec
                    .needs
                    .iter()
                    .flatten()
                    .next()
                    .map_or(&spec.span, |need| &need.span);
                diagnostic =
                    diagnostic.label(at, format!("`{}` waits here", graph.node(id).name()));
            }
        }
        diagnostic.help("take one of the `needs` away")
    }
}

impl TaskNode {
    /// The task, for nodes that are one.
    pub fn spec(&self) -> Option<&Arc<TaskSpec>> {
        match &self.kind {
            NodeKind::Task(spec) => Some(spec),
            NodeKind::Handler(_, handler) => Some(&handler.task),
            NodeKind::Flush | NodeKind::Join => None,
        }
    }

    /// What to call it.
    pub fn name(&self) -> String {
        match &self.kind {
            NodeKind::Flush => "handlers".into(),
            NodeKind::Join => "end of block".into(),
            NodeKind::Task(spec) => spec.title(),
            NodeKind::Handler(_, handler) => handler.task.title(),
        }
    }
}

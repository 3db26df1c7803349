//! A play as a graph: nodes are tasks, edges say on which hosts the earlier task must have ended.

mod compile;
mod draw;
mod edges;
mod expand;
pub mod overview;
mod plan;

pub use compile::compile;
pub use draw::{Drawn, dot, mermaid, tree};
pub use expand::Growth;
pub use plan::{Arm, BlockId, Graph, NodeId, NodeKind, Numbers, Part, TaskNode, Wait};

//! The graph as text: DOT, Mermaid, and a tree for the terminal.

use super::plan::{Graph, NodeId, NodeKind, Part, Wait};
use std::fmt::Write as _;

/// DOT, for Graphviz.
pub fn dot(graph: &Graph, title: &str) -> String {
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR;\n  node [shape=box, style=rounded];\n",
        quoted(title)
    );
    for id in &graph.order {
        let node = graph.node(*id);
        let shape = match node.kind {
            NodeKind::Flush | NodeKind::Join => ", shape=diamond",
            _ => "",
        };
        let _ = writeln!(
            text,
            "  n{} [label={}{shape}];",
            id.index(),
            quoted(&node.name())
        );
    }
    for (from, to, wait) in edges(graph) {
        let style = match wait {
            Wait::SameHost => String::new(),
            Wait::AllHosts => " [style=bold, label=\"all hosts\"]".into(),
            Wait::Hosts(on) => format!(" [style=dashed, label={}]", quoted(&words(on))),
        };
        let _ = writeln!(text, "  n{} -> n{}{style};", from.index(), to.index());
    }
    text.push_str("}\n");
    text
}

/// Mermaid, for Markdown pages.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for id in &graph.order {
        let node = graph.node(*id);
        let label = node.name().replace('"', "'");
        let _ = match node.kind {
            NodeKind::Flush | NodeKind::Join => writeln!(text, "  n{}{{\"{label}\"}}", id.index()),
            _ => writeln!(text, "  n{}[\"{label}\"]", id.index()),
        };
    }
    for (from, to, wait) in edges(graph) {
        let arrow = match wait {
            Wait::SameHost => "-->".into(),
            Wait::AllHosts => "==>|all hosts|".into(),
            Wait::Hosts(on) => format!("-.->|\"{}\"|", words(on).replace('"', "'")),
        };
        let _ = writeln!(text, "  n{} {arrow} n{}", from.index(), to.index());
    }
    text
}

/// A list in the order of the file, indented by blocks, with what each task waits for beside the one before.
pub fn tree(graph: &Graph) -> String {
    let mut text = String::new();
    let mut before: Option<NodeId> = None;
    for id in &graph.order {
        let node = graph.node(*id);
        let indent = "  ".repeat(node.place.len());
        let part = match node.place.last().map(|arm| arm.part) {
            Some(Part::Rescue) => "(rescue) ",
            Some(Part::Always) => "(always) ",
            _ => "",
        };
        let waits: Vec<String> = graph
            .before(*id)
            .filter(|(from, wait)| {
                Some(*from) != before || !matches!(wait, Wait::SameHost | Wait::AllHosts)
            })
            .map(|(from, wait)| match wait {
                Wait::SameHost => graph.node(from).name(),
                Wait::AllHosts => format!("{} on all hosts", graph.node(from).name()),
                Wait::Hosts(on) => format!("{} on {}", graph.node(from).name(), words(on)),
            })
            .collect();
        let _ = write!(text, "{indent}{part}{}", node.name());
        if !waits.is_empty() && !matches!(node.kind, NodeKind::Flush | NodeKind::Join) {
            let _ = write!(text, "  <- {}", waits.join(", "));
        }
        text.push('\n');
        before = Some(*id);
    }
    text
}

fn edges(graph: &Graph) -> impl Iterator<Item = (NodeId, NodeId, &Wait)> {
    graph
        .order
        .iter()
        .flat_map(|from| graph.after(*from).map(move |(to, wait)| (*from, to, wait)))
}

fn words(on: &crate::node::Node) -> String {
    on.as_str()
        .map_or_else(|| on.span.text().to_owned(), str::to_owned)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

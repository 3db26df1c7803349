//! The graph as text: DOT, Mermaid, and a tree for the terminal.

use super::plan::{Graph, NodeId, NodeKind, Part, Wait};
use std::fmt::Write as _;

/// A play in a picture of a playbook.
#[derive(Clone, Debug)]
pub struct Drawn<'a> {
    /// The play's name.
    pub title: &'a str,
    /// Its tasks.
    pub graph: &'a Graph,
    /// The plays it waits for, by their place in the picture.
    pub after: Vec<usize>,
}

/// DOT, for Graphviz: a cluster for each play.
pub fn dot(plays: &[Drawn<'_>]) -> String {
    let mut text = String::from(
        "digraph playbook {\n  rankdir=LR;\n  compound=true;\n  node [shape=box, style=rounded];\n",
    );
    for (number, play) in plays.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_p{number} {{");
        let _ = writeln!(text, "    label={};", quoted(play.title));
        for id in &play.graph.order {
            let node = play.graph.node(*id);
            let shape = match node.kind {
                NodeKind::Flush | NodeKind::Join => ", shape=diamond",
                _ => "",
            };
            let (index, label) = (id.index(), quoted(&node.name()));
            let _ = writeln!(text, "    p{number}n{index} [label={label}{shape}];");
        }
        for (from, to, wait) in edges(play.graph) {
            let style = match wait {
                Wait::SameHost => String::new(),
                Wait::AllHosts => " [style=bold, label=\"all hosts\"]".into(),
                Wait::Hosts(on) => format!(" [style=dashed, label={}]", quoted(&words(on))),
            };
            let (from, to) = (from.index(), to.index());
            let _ = writeln!(text, "    p{number}n{from} -> p{number}n{to}{style};");
        }
        text.push_str("  }\n");
    }
    for (later, earlier) in between(plays) {
        let ends = (
            plays[earlier].graph.order.last(),
            plays[later].graph.order.first(),
        );
        if let (Some(last), Some(first)) = ends {
            let _ = writeln!(
                text,
                "  p{earlier}n{} -> p{later}n{} [ltail=cluster_p{earlier}, lhead=cluster_p{later}, style=bold];",
                last.index(),
                first.index()
            );
        }
    }
    text.push_str("}\n");
    text
}

/// Mermaid, for Markdown pages: a subgraph for each play.
pub fn mermaid(plays: &[Drawn<'_>]) -> String {
    let mut text = String::from("flowchart LR\n");
    for (number, play) in plays.iter().enumerate() {
        let title = play.title.replace('"', "'");
        let _ = writeln!(text, "  subgraph p{number}[\"{title}\"]");
        for id in &play.graph.order {
            let node = play.graph.node(*id);
            let (index, label) = (id.index(), node.name().replace('"', "'"));
            let _ = match node.kind {
                NodeKind::Flush | NodeKind::Join => {
                    writeln!(text, "    p{number}n{index}{{\"{label}\"}}")
                }
                _ => writeln!(text, "    p{number}n{index}[\"{label}\"]"),
            };
        }
        for (from, to, wait) in edges(play.graph) {
            let arrow = match wait {
                Wait::SameHost => "-->".into(),
                Wait::AllHosts => "==>|all hosts|".into(),
                Wait::Hosts(on) => format!("-.->|\"{}\"|", words(on).replace('"', "'")),
            };
            let (from, to) = (from.index(), to.index());
            let _ = writeln!(text, "    p{number}n{from} {arrow} p{number}n{to}");
        }
        text.push_str("  end\n");
    }
    for (later, earlier) in between(plays) {
        let _ = writeln!(text, "  p{earlier} ==> p{later}");
    }
    text
}

/// Which play waits for which, without what follows from the rest.
fn between<'a>(plays: &'a [Drawn<'_>]) -> impl Iterator<Item = (usize, usize)> + 'a {
    plays.iter().enumerate().flat_map(move |(later, play)| {
        let told = |earlier: usize| {
            let others = play.after.iter();
            others
                .map(|other| &plays[*other])
                .any(|other| other.after.contains(&earlier))
        };
        let needed = play.after.iter().copied();
        needed
            .filter(move |earlier| !told(*earlier))
            .map(move |earlier| (later, earlier))
    })
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

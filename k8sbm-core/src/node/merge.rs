//! Merge keys: `<<: *base`.

use super::{Kind, Map, Node};
use crate::diagnostic::Diagnostic;

/// The mapping's own keys over those it merges in; of several, an earlier one wins.
///
/// Merged keys come first, as they do in Ansible, since loops over a mapping show the order.
pub(super) fn merge(merges: Vec<Node>, own: Map) -> Result<Map, Diagnostic> {
    if merges.is_empty() {
        return Ok(own);
    }
    let mut all = Map::new();
    for node in merges {
        match node.kind {
            Kind::Map(map) => all.extend(map),
            Kind::Seq(items) => {
                for item in items.into_iter().rev() {
                    match item.kind {
                        Kind::Map(map) => all.extend(map),
                        _ => return Err(not_a_mapping(&item)),
                    }
                }
            }
            _ => return Err(not_a_mapping(&node)),
        }
    }
    all.extend(own);
    Ok(all)
}

fn not_a_mapping(node: &Node) -> Diagnostic {
    Diagnostic::new(format!("`<<` merges mappings, not {}", node.describe())).label(&node.span, "")
}

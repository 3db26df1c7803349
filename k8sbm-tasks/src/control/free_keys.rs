//! Arguments of which some are the user's own names.

use k8sbm_core::{
    node::{Kind, Node, from_node},
    task::Returns,
};
use serde::de::{self, DeserializeOwned};

/// Reads the arguments `known` into a type, and returns the others by name.
pub(super) fn read<T: DeserializeOwned, E: de::Error>(
    arguments: &Node,
    known: &[&str],
) -> Result<(T, Returns), E> {
    let Kind::Map(entries) = &arguments.kind else {
        return Err(E::custom(format!(
            "expected a mapping, not {}",
            arguments.describe()
        )));
    };
    let (known, own) = entries
        .clone()
        .into_iter()
        .partition(|(name, _)| known.contains(&&**name));
    let node = |entries| Node::at(Kind::Map(entries), arguments.span.clone());
    let typed = from_node(&node(known)).map_err(|error| E::custom(error.message))?;
    let own = match node(own).to_json() {
        serde_json::Value::Object(own) => own,
        _ => Returns::new(),
    };
    Ok((typed, own))
}

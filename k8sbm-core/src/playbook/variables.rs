//! Variables of playbooks and files as layers.

use super::language::{Shape, items};
use crate::{
    diagnostic::Diagnostic,
    node::{Kind, Map, Node},
    vars::{Layer, Level},
};
use std::sync::Arc;

/// The layer of a `vars` keyword.
pub(super) fn of_keyword(vars: &Node, level: Level, label: &str) -> Result<Layer, Diagnostic> {
    Shape::Mapping.check("vars", vars)?;
    let Some(map) = vars.as_map() else {
        return Err(Diagnostic::new("`vars` cannot be a template as a whole")
            .label(&vars.span, "")
            .help("name the variables, each with its template"));
    };
    for (name, entry) in map {
        if !is_name(name) {
            return Err(Diagnostic::new(format!("Invalid variable name '{name}'"))
                .label(&entry.key, "")
                .help("names have letters, digits and `_`, and begin with no digit"));
        }
    }
    Ok(Layer::from_map(level, label, map))
}

/// The layer of a file: a mapping, or a list of mappings.
pub(super) fn of_document(document: &Node, level: Level, label: &str) -> Result<Layer, Diagnostic> {
    let mut all = Map::new();
    for part in items(document) {
        match &part.kind {
            Kind::Map(map) => all.extend(map.clone()),
            Kind::Null => {}
            _ => {
                return Err(Diagnostic::new(format!(
                    "a file of variables must hold a mapping, not {}",
                    part.describe()
                ))
                .label(&part.span.first_line(), ""));
            }
        }
    }
    Ok(Layer::from_map(level, label, &all))
}

/// Whether a text can be a variable's name.
pub(crate) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Puts a layer above those of its level and of lower ones; one that is there already moves up.
pub(super) fn put(layers: &mut Vec<Arc<Layer>>, layer: Arc<Layer>) {
    layers.retain(|known| !Arc::ptr_eq(known, &layer));
    let at = layers.partition_point(|known| known.level <= layer.level);
    layers.insert(at, layer);
}

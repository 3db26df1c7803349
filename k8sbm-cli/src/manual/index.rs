//! The list of modules.

use crate::report::{Look, Tone};
use k8sbm_core::task::Registry;

/// All modules, each with what it does.
pub fn index(registry: &Registry, look: &Look) -> String {
    let longest = registry.modules().map(|module| module.name.len()).max();
    let column = longest.unwrap_or(0);
    let mut text = String::new();
    for module in registry.modules() {
        let schema = module.schema();
        let described = schema["description"].as_str().unwrap_or_default();
        let summary = described
            .split("\n\n")
            .next()
            .unwrap_or_default()
            .replace('\n', " ");
        let name = look.paint(Tone::Strong, &format!("{:<column$}", module.name));
        text.push_str(&format!("{name}  {summary}\n"));
    }
    text
}

//! The list of what can stand in a playbook as a task.

use super::entry::entries;
use crate::report::{Look, Tone};
use k8sbm_core::task::Registry;

/// All modules and statements, each with what it does.
pub fn index(registry: &Registry, look: &Look) -> String {
    let all = entries(registry);
    let longest = all.iter().map(|entry| entry.name.len()).max();
    let column = longest.unwrap_or(0);
    let mut text = String::new();
    for entry in all {
        let name = look.paint(Tone::Strong, &format!("{:<column$}", entry.name));
        text.push_str(&format!("{name}  {}\n", entry.summary));
    }
    text
}

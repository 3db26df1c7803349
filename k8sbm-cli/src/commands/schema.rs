//! `k8sbm schema`: JSON schemas for editors.

use super::{Context, doc};
use crate::{args::SchemaArgs, exit::Exit, trouble::Trouble};
use k8sbm_core::playbook::{playbook_schema, tasks_schema};

/// Prints a JSON schema (draft-07).
///
/// # Errors
/// When there is no such module.
pub fn schema(args: &SchemaArgs, context: &Context) -> Result<Exit, Trouble> {
    let registry = k8sbm_tasks::registry();
    let schema = match args.of.as_str() {
        "playbook" => playbook_schema(&registry),
        "tasks" => tasks_schema(&registry),
        name => match registry.get(name) {
            Some(module) => module.schema(),
            None => return Err(doc::unknown(name, registry.nearest(name))),
        },
    };
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    context.print(&(text + "\n"))?;
    Ok(Exit::Ok)
}

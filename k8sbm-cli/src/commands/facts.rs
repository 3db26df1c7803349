//! `k8sbm facts`: what is known of hosts.

use super::{Context, exec, run::beside, session::Session};
use crate::{
    args::FactsArgs,
    exit::Exit,
    report::{Facts, Several},
    request::Asked,
    trouble::Trouble,
};
use std::sync::Arc;

/// Prints the facts of hosts as JSON.
///
/// # Errors
/// When the hosts cannot be told.
pub fn facts(args: FactsArgs, context: &Context) -> Result<Exit, Trouble> {
    let facts = Arc::new(Facts::default());
    let (human, asking) = beside(context);
    let sink = Arc::new(Several(vec![facts.clone(), human]));
    let session = Session::open(&args.how, Asked::default(), None, (sink, asking), context)?;
    let arguments = match args.gather_subset.as_slice() {
        [] => String::new(),
        subset => serde_json::json!({ "gather_subset": subset }).to_string(),
    };
    let task = exec::task("setup", &arguments);
    let playbook = exec::playbook(&session, &args.pattern, &task)?;
    let report = session.run(&vec![("facts".to_owned(), playbook)])?;
    let text = serde_json::to_string_pretty(&facts.take()).unwrap_or_default();
    context.print(&(text + "\n"))?;
    Ok(Exit::from(&report))
}

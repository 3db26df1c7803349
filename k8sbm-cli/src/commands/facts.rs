//! `k8sbm facts`: what is known of hosts.

use super::{Context, exec, session::Session};
use crate::{
    args::FactsArgs,
    exit::Exit,
    report::{Facts, Human, Look, Several},
    request::Asked,
    terminal::Asking,
    trouble::Trouble,
};
use std::{io, sync::Arc};

/// Prints the facts of hosts as JSON.
///
/// # Errors
/// When the hosts cannot be told.
pub fn facts(args: FactsArgs, context: &Context) -> Result<Exit, Trouble> {
    let facts = Arc::new(Facts::default());
    // Facts go to standard output; what goes wrong is told beside them.
    let look = Look {
        quiet: true,
        ..Look::text(false, context.terminal.size().0)
    };
    let human = Human::new(look, Box::new(io::stderr()));
    let sink = Arc::new(Several(vec![facts.clone(), human]));
    let asking = Arc::new(Asking::new(context.terminal, None));
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

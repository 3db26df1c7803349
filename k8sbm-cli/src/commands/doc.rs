//! `k8sbm doc`: the manual.

use super::Context;
use crate::{args::DocArgs, exit::Exit, manual, report::Look, trouble::Trouble};

/// The widest that text is comfortable to read.
const WIDEST: usize = 100;

/// Shows the manual of a module, or all modules.
///
/// # Errors
/// When there is no such module.
pub fn doc(args: &DocArgs, context: &Context) -> Result<Exit, Trouble> {
    let registry = k8sbm_tasks::registry();
    let width = context.terminal.size().0.min(WIDEST);
    let look = Look::text(context.terminal.colour, width);
    let text = match &args.module {
        None => manual::index(&registry, &look),
        Some(name) => match registry.get(name) {
            Some(module) => manual::page(module, &registry, &look),
            None => return Err(unknown(name, registry.nearest(name))),
        },
    };
    context.print(&text)?;
    Ok(Exit::Ok)
}

/// There is no module of this name.
pub fn unknown(name: &str, near: Option<&str>) -> Trouble {
    let trouble = Trouble::new(format!("there is no module `{name}`"));
    match near {
        Some(near) => trouble.help(format!("did you mean `{near}`?")),
        None => trouble.help("`k8sbm doc` lists all modules"),
    }
}

//! `k8sbm doc`: the manual.

use super::Context;
use crate::{
    args::DocArgs,
    exit::Exit,
    manual::{self, Entry},
    report::Look,
    trouble::Trouble,
};
use k8sbm_core::{diagnostic::nearest, task::Registry};
use std::{fs, io, path::Path};

/// The widest that text is comfortable to read.
const WIDEST: usize = 100;

/// Shows the manual of a module or statement, or all of them; or writes it as Markdown.
///
/// # Errors
/// When there is no such module, or a page cannot be written.
pub fn doc(args: &DocArgs, context: &Context) -> Result<Exit, Trouble> {
    let registry = k8sbm_tasks::registry();
    if let Some(directory) = &args.markdown {
        return write(directory, &manual::pages(&registry));
    }
    let width = context.terminal.size().0.min(WIDEST);
    let look = Look::text(context.terminal.colour, width);
    let text = match &args.module {
        None => manual::index(&registry, &look),
        Some(name) => manual::page(&entry(name, &registry)?, &look),
    };
    context.print(&text)?;
    Ok(Exit::Ok)
}

/// What the manual says of a name.
fn entry(name: &str, registry: &Registry) -> Result<Entry, Trouble> {
    if let Some(module) = registry.get(name) {
        return Ok(Entry::of_module(module, registry));
    }
    let own = |entry: &Entry| entry.name == name || entry.aliases.iter().any(|alias| alias == name);
    let mut all = manual::entries(registry);
    match all.iter().position(own) {
        Some(at) => Ok(all.swap_remove(at)),
        None => {
            let names = all.iter().map(|entry| entry.name.as_str());
            Err(unknown(
                name,
                registry.nearest(name).or(nearest(name, names)),
            ))
        }
    }
}

fn write(directory: &Path, pages: &[(String, String)]) -> Result<Exit, Trouble> {
    let failed = |path: &Path, error: &io::Error| {
        Trouble::new(format!("cannot write `{}`: {error}", path.display()))
    };
    fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
    for (name, text) in pages {
        let path = directory.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    }
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

//! `k8sbm plan`: what running playbooks would change.

use super::{Context, session::Session};
use crate::{
    args::PlanArgs,
    exit::Exit,
    report::{Human, Look, Planned, Several},
    request::Asked,
    terminal::Asking,
    trouble::Trouble,
};
use std::{io, path::Path, sync::Arc};

/// Says what running playbooks would change.
///
/// # Errors
/// When they cannot be planned.
pub fn plan(mut args: PlanArgs, context: &Context) -> Result<Exit, Trouble> {
    let told = args.how.diff;
    args.how.diff |= args.output.is_some();
    let plain = Look::text(context.terminal.colour, context.terminal.size().0);
    let to_stdout = args.output.as_deref() == Some(Path::new("-"));
    let look = Look {
        live: context.terminal.is_live && !to_stdout,
        verbosity: args.verbose,
        quiet: true,
        ..plain
    };
    let planned = Arc::new(Planned::default());
    let out: Box<dyn io::Write + Send> = if to_stdout {
        Box::new(io::stderr())
    } else {
        Box::new(io::stdout())
    };
    let human = Human::new(look, out);
    human.animate(context.terminal);
    let asking = Arc::new(Asking::new(context.terminal, Some(human.clone())));
    let sink = Arc::new(Several(vec![planned.clone(), human]));
    let asked = Asked {
        check: true,
        start_at_task: args.start_at_task.clone(),
        verbosity: args.verbose,
    };
    let first = args.playbooks.first().map(|path| &**path);
    let outcome = Session::open(&args.how, asked, first, (sink, asking), context)
        .and_then(|session| {
            let playbooks = session.load(&args.playbooks)?;
            session.run(&playbooks)
        })
        .map_err(|trouble| Trouble {
            exit: if args.detailed_exitcode {
                Exit::Error
            } else {
                trouble.exit
            },
            ..trouble
        })?;
    let whole = planned.take();
    if let Some(path) = args.output.as_deref().filter(|_| !to_stdout) {
        let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
        std::fs::write(path, text + "\n")
            .map_err(|error| Trouble::new(format!("cannot write `{}`: {error}", path.display())))?;
    }
    if to_stdout {
        let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
        context.print(&(text + "\n"))?;
    } else {
        context.print(&whole.told(&plain, told))?;
    }
    let exit = Exit::from(&outcome);
    Ok(match exit {
        _ if !args.detailed_exitcode => exit,
        Exit::Ok if whole.changes() => Exit::Changes,
        Exit::Ok | Exit::Interrupted => exit,
        _ => Exit::Error,
    })
}

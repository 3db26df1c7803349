//! `k8sbm run`: runs playbooks.

use super::{Context, list, session::Session};
use crate::{
    args::{Output, OutputArgs, RunArgs},
    exit::Exit,
    report::{Human, JsonLines, Junit, Look, Several},
    request::Asked,
    terminal::Asking,
    trouble::Trouble,
};
use k8sbm_core::event::Sink;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::Arc,
};

/// Runs playbooks.
///
/// # Errors
/// When they cannot be run.
pub fn run(args: RunArgs, context: &Context) -> Result<Exit, Trouble> {
    if args.step {
        return Err(Trouble::refused(
            "--step",
            "`k8sbm plan` shows each change before anything is done",
        ));
    }
    let lists = args.list_hosts || args.list_tasks || args.list_tags || args.syntax_check;
    let (sink, asking) = if lists {
        beside(context)
    } else {
        readers(&args.output, context)?
    };
    let asked = Asked {
        check: args.check,
        start_at_task: args.start_at_task.clone(),
        verbosity: verbosity(&args.output, context),
    };
    let first = args.playbooks.first().map(|path| &**path);
    let session = Session::open(&args.how, asked, first, (sink, asking), context)?;
    let playbooks = session.load(&args.playbooks)?;
    if lists {
        context.warn(&session.warnings);
        for (_, playbook) in &playbooks {
            context.warn(&playbook.warnings);
        }
        context.print(&list::text(&args, &session.ready, &playbooks)?)?;
        return Ok(Exit::Ok);
    }
    let report = session.run(&playbooks)?;
    Ok(Exit::from(&report))
}

/// What there is to warn of goes beside a list, not into it.
pub fn beside(context: &Context) -> (Arc<dyn Sink>, Arc<Asking>) {
    let look = Look {
        quiet: true,
        ..Look::text(false, context.terminal.size().0)
    };
    let human = Human::new(look, Box::new(io::stderr()));
    (human, Arc::new(Asking::new(context.terminal, None)))
}

/// How often `-v` was given, here or in the environment.
pub fn verbosity(output: &OutputArgs, context: &Context) -> u8 {
    let usual = || context.environment.number("ANSIBLE_VERBOSITY").unwrap_or(0);
    if output.verbose > 0 {
        output.verbose
    } else {
        usual()
    }
}

/// The readers of events that were asked for, and who answers prompts.
///
/// # Errors
/// When a file cannot be written.
fn readers(
    output: &OutputArgs,
    context: &Context,
) -> Result<(Arc<dyn Sink>, Arc<Asking>), Trouble> {
    if output.output.contains(&Output::Json(None)) {
        let asking = Asking::new(context.terminal, None);
        return Ok((readers_with(output, None)?, Arc::new(asking)));
    }
    let report = Human::new(look(output, context), Box::new(io::stdout()));
    if !context.terminal.is_live {
        report.warn_beside(Box::new(io::stderr()));
    }
    report.animate(context.terminal);
    let asking = Asking::new(context.terminal, Some(report.clone()));
    Ok((readers_with(output, Some(report))?, Arc::new(asking)))
}

/// The readers of events that were asked for, beside one that writes to standard output.
///
/// # Errors
/// When a file cannot be written, or two readers would write to standard output.
pub fn readers_with(
    output: &OutputArgs,
    shown: Option<Arc<dyn Sink>>,
) -> Result<Arc<dyn Sink>, Trouble> {
    if shown.is_none() && output.output.contains(&Output::Human) {
        return Err(Trouble {
            exit: Exit::Usage,
            ..Trouble::new("`human` and `json` cannot both go to standard output")
                .help("give `json` a file: `json:FILE`")
        });
    }
    let mut sinks: Vec<Arc<dyn Sink>> = shown.into_iter().collect();
    for form in &output.output {
        match form {
            Output::Human => {}
            Output::Json(None) => {
                sinks.push(Arc::new(JsonLines::new(BufWriter::new(io::stdout()))));
            }
            Output::Json(Some(path)) => {
                sinks.push(Arc::new(JsonLines::new(BufWriter::new(create(path)?))));
            }
            Output::Junit(path) => sinks.push(Arc::new(Junit::new(Box::new(create(path)?)))),
        }
    }
    Ok(Arc::new(Several(sinks)))
}

fn look(output: &OutputArgs, context: &Context) -> Look {
    let shown = context.environment.flag("ANSIBLE_DISPLAY_SKIPPED_HOSTS");
    Look {
        colour: context.terminal.colour,
        width: context.terminal.size().0,
        verbosity: verbosity(output, context),
        skipped: output.show_skipped || shown.unwrap_or(false),
        live: context.terminal.is_live,
        quiet: false,
    }
}

fn create(path: &Path) -> Result<impl Write + Send + use<>, Trouble> {
    File::create(path)
        .map_err(|error| Trouble::new(format!("cannot write `{}`: {error}", path.display())))
}

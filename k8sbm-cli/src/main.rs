//! The command `k8sbm`: from what was typed to a run, and from events to what is read.

mod args;
mod artifacts;
mod commands;
mod exit;
mod hosts;
mod interrupt;
mod manual;
mod render;
mod replacing;
mod report;
mod request;
mod terminal;
mod trouble;

use args::{Command, Program};
use commands::Context;
use exit::Exit;
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let program = match Program::read(std::env::args_os()) {
        Ok(program) => program,
        Err(error) => return refuse(&error),
    };
    let mut context = Context::of_process(program.no_color);
    let configured = context.configure();
    match configured.and_then(|()| obey(program.command, &context)) {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            // There is nobody else to tell.
            let _ = io::stderr().write_all(context.render.trouble(&trouble).as_bytes());
            trouble.exit.into()
        }
    }
}

fn obey(command: Command, context: &Context) -> Result<Exit, trouble::Trouble> {
    match command {
        Command::Run(args) => commands::run(*args, context),
        Command::Plan(args) => commands::plan(*args, context),
        Command::Exec(args) => commands::exec(*args, context),
        Command::Facts(args) => commands::facts(*args, context),
        Command::Inventory(args) => commands::inventory(&args, context),
        Command::Lint(args) => commands::lint(&args, context),
        Command::Artifacts(args) => commands::artifacts(&args, context),
        Command::Graph(args) => commands::graph(&args, context),
        Command::Vault(args) => commands::vault(&args, context),
        Command::Doc(args) => commands::doc(&args, context),
        Command::Schema(args) => commands::schema(&args, context),
        Command::Completions(args) => commands::completions(&args, context),
    }
}

/// Help and the version are no mistakes, though they come as one.
fn refuse(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Ok.into()
    }
}

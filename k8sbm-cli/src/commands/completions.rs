//! `k8sbm completions`: scripts for shells.

use super::Context;
use crate::{
    args::{CompletionsArgs, Program},
    exit::Exit,
    trouble::Trouble,
};
use clap::CommandFactory as _;

/// Prints a script that completes the command in a shell.
///
/// # Errors
/// When it cannot be written.
pub fn completions(args: &CompletionsArgs, context: &Context) -> Result<Exit, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Program::command(), "k8sbm", &mut script);
    context.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}

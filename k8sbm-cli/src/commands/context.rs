//! What every command is given.

use crate::{
    render::{Render, Weight},
    request::{Configuration, Environment},
    terminal::Terminal,
    trouble::Trouble,
};
use k8sbm_core::diagnostic::Diagnostic;
use std::io::{self, IsTerminal as _, Write as _};

/// What every command is given.
pub struct Context {
    /// The environment.
    pub environment: Environment,
    /// The terminal.
    pub terminal: Terminal,
    /// How diagnostics are drawn.
    pub render: Render,
    /// What the configuration file warns of.
    pub warnings: Vec<Diagnostic>,
    no_color: bool,
}

impl Context {
    /// What this process was given.
    pub fn of_process(no_color: bool) -> Self {
        let environment = Environment::of_process();
        let terminal = Terminal::of_process(no_color, &environment);
        Self {
            render: render(&terminal),
            environment,
            terminal,
            warnings: Vec::new(),
            no_color,
        }
    }

    /// Takes over what the configuration file sets.
    ///
    /// # Errors
    /// At the mistake in it.
    pub fn configure(&mut self) -> Result<(), Trouble> {
        let read = Configuration::find(&self.environment)?;
        self.environment = std::mem::take(&mut self.environment).configured(read.values);
        self.warnings = read.warnings;
        self.terminal = Terminal::of_process(self.no_color, &self.environment);
        self.render = render(&self.terminal);
        Ok(())
    }

    /// Writes to standard output.
    ///
    /// # Errors
    /// When it cannot be written to; a reader that has gone is none.
    pub fn print(&self, text: &str) -> Result<(), Trouble> {
        match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Writes warnings to standard error.
    pub fn warn(&self, warnings: &[Diagnostic]) {
        for warning in warnings {
            let drawn = self.render.diagnostic(warning, Weight::Warning);
            // There is nobody else to tell.
            let _ = writeln!(io::stderr(), "{drawn}");
        }
    }
}

fn render(terminal: &Terminal) -> Render {
    let colour = terminal.colour && io::stderr().is_terminal();
    Render::new(colour, terminal.size().0)
}

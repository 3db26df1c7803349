//! What every command is given.

use crate::{
    render::{Render, Weight},
    request::Environment,
    terminal::Terminal,
    trouble::Trouble,
};
use k8sbm_core::diagnostic::Diagnostic;
use std::io::{self, Write as _};

/// What every command is given.
pub struct Context {
    /// The environment.
    pub environment: Environment,
    /// The terminal.
    pub terminal: Terminal,
    /// How diagnostics are drawn.
    pub render: Render,
}

impl Context {
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

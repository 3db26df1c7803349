//! The person at the terminal, if there is one.

use crate::{report::Human, request::Environment, trouble::Trouble};
use k8sbm_core::run::Prompter;
use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    sync::Arc,
};

/// The width where there is no terminal: what Ansible takes.
const WIDTH: usize = 80;

/// The terminal that the program was started on.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether somebody can type.
    pub can_ask: bool,
    /// Whether somebody sees standard output at once.
    pub is_live: bool,
    /// Whether colours are shown.
    pub colour: bool,
}

impl Terminal {
    /// The terminal of this process. Colours are those that the usual variables (`NO_COLOR`, `CLICOLOR_FORCE`) and
    /// Ansible's own let through.
    pub fn of_process(no_colour: bool, environment: &Environment) -> Self {
        let choice = anstream::AutoStream::choice(&io::stdout());
        let said = |name: &str| environment.flag(name).unwrap_or(false);
        let usual = choice != anstream::ColorChoice::Never || said("ANSIBLE_FORCE_COLOR");
        Self {
            can_ask: io::stdin().is_terminal(),
            is_live: io::stdout().is_terminal(),
            colour: usual && !no_colour && !said("ANSIBLE_NOCOLOR"),
        }
    }

    /// None.
    #[cfg(test)]
    pub fn none() -> Self {
        Self {
            can_ask: false,
            is_live: false,
            colour: false,
        }
    }

    /// Columns and lines.
    pub fn size(&self) -> (usize, usize) {
        let seen = || terminal_size::terminal_size_of(io::stdout()).filter(|_| self.is_live);
        seen().map_or((WIDTH, 24), |(width, height)| {
            (usize::from(width.0), usize::from(height.0))
        })
    }

    /// Asks for a line; nothing when nobody is there.
    pub fn ask(&self, prompt: &str, echo: bool) -> Option<String> {
        if !self.can_ask {
            return None;
        }
        let mut stderr = io::stderr();
        stderr.write_all(prompt.as_bytes()).ok()?;
        stderr.flush().ok()?;
        if !echo {
            return rpassword::read_password().ok();
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).ok()?;
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Asks for a password.
    ///
    /// # Errors
    /// When nobody is there.
    pub fn password(&self, prompt: &str) -> Result<String, Trouble> {
        self.ask(prompt, false).ok_or_else(|| {
            let what = prompt.trim_end_matches([':', ' ']);
            Trouble::new(format!("nobody is there to be asked for the {what}"))
                .help("give it in a file, since standard input is no terminal")
        })
    }
}

/// Asks at the terminal, below what was said so far.
pub struct Asking {
    terminal: Terminal,
    report: Option<Arc<Human>>,
}

impl Asking {
    /// Asks at a terminal that a report may be drawn on.
    pub fn new(terminal: Terminal, report: Option<Arc<Human>>) -> Self {
        Self { terminal, report }
    }
}

impl Prompter for Asking {
    fn ask(&self, prompt: &str, echo: bool) -> Option<String> {
        let ask = || {
            self.terminal
                .ask(&format!("{}: ", prompt.trim_end_matches([':', ' '])), echo)
        };
        match &self.report {
            Some(report) => report.aside(ask),
            None => ask(),
        }
    }
}

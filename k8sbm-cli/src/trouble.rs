//! Why a command could not do what was asked.

use crate::exit::Exit;
use k8sbm_core::diagnostic::Diagnostic;

/// Why a command could not do what was asked.
#[derive(Debug)]
pub struct Trouble {
    /// What to say.
    pub diagnostics: Vec<Diagnostic>,
    /// How the program ends.
    pub exit: Exit,
}

impl Trouble {
    /// Something that has no place in a file.
    pub fn new(message: impl Into<String>) -> Self {
        Self::from(Diagnostic::new(message))
    }

    /// Mistakes in playbooks, inventories or files of variables.
    pub fn mistakes(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            exit: Exit::Mistake,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(last) = self.diagnostics.last_mut() {
            last.help = Some(help.into());
        }
        self
    }

    /// An option that is known and not supported.
    pub fn refused(option: &str, why: &str) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::new(format!("{option} is not supported")).help(why)
        }
    }
}

/// A mistake with a place is one in a file; without one, something else is wrong.
impl From<Diagnostic> for Trouble {
    fn from(diagnostic: Diagnostic) -> Self {
        let exit = match diagnostic.span() {
            Some(_) => Exit::Mistake,
            None => Exit::Error,
        };
        Self {
            diagnostics: vec![diagnostic],
            exit,
        }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

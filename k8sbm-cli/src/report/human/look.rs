//! Colours, width, and how much is said.

use anstyle::{AnsiColor, Style};

/// Colours, width, and how much is said.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether there are colours.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// How often `-v` was given.
    pub verbosity: u8,
    /// Whether hosts on which a task was skipped are shown.
    pub skipped: bool,
    /// Whether the screen is redrawn.
    pub live: bool,
    /// Whether only troubles are told, since another reader tells the rest.
    pub quiet: bool,
}

impl Look {
    /// The look of text that is not a report.
    pub fn text(colour: bool, width: usize) -> Self {
        Self {
            colour,
            width,
            verbosity: 0,
            skipped: false,
            live: false,
            quiet: false,
        }
    }
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Ok,
    /// Something changed.
    Changed,
    /// Passed over.
    Skipped,
    /// It failed.
    Failed,
    /// It cannot be reached, or be said.
    Bright,
    /// The user should know.
    Warning,
    /// Beside the point.
    Faint,
    /// A name.
    Strong,
}

impl Look {
    /// `text` in the colour of a tone.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Ok => AnsiColor::Green.on_default(),
            Tone::Changed => AnsiColor::Yellow.on_default(),
            Tone::Skipped => AnsiColor::Cyan.on_default(),
            Tone::Failed => AnsiColor::Red.on_default(),
            Tone::Bright => AnsiColor::BrightRed.on_default(),
            Tone::Warning => AnsiColor::BrightMagenta.on_default(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Strong => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

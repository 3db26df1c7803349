//! What is shown, and where it goes.

use clap::{ArgAction, Args};
use std::{path::PathBuf, str::FromStr};

/// What is shown, and where it goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Says more: -v results, -vv places of tasks, -vvv results in full.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// `human`, `json` (one event a line), `json:FILE`, or `junit:FILE`. Can be given more than
    /// once; what goes to a file comes beside the human report.
    #[arg(short, long, value_name = "FORM")]
    pub output: Vec<Output>,

    /// Shows hosts on which a task was skipped.
    #[arg(long)]
    pub show_skipped: bool,
}

/// A form of the report, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// For people, on the terminal.
    Human,
    /// One event a line; on standard output unless there is a file.
    Json(Option<PathBuf>),
    /// JUnit's XML, in a file.
    Junit(PathBuf),
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "human" => Ok(Self::Human),
            None if text == "json" => Ok(Self::Json(None)),
            Some(("json", file)) if !file.is_empty() => Ok(Self::Json(Some(file.into()))),
            Some(("junit", file)) if !file.is_empty() => Ok(Self::Junit(file.into())),
            _ if text == "junit" || text == "junit:" => {
                Err("say which file: `junit:FILE`".to_owned())
            }
            _ => Err("it is `human`, `json`, `json:FILE` or `junit:FILE`".to_owned()),
        }
    }
}

//! What lint found, as workflow commands: GitHub shows each beside its line.

use crate::render::Weight;
use k8sbm_core::diagnostic::Diagnostic;
use std::fmt::Write as _;

/// A line for each.
pub fn commands(found: &[(Weight, Diagnostic)]) -> String {
    let mut text = String::new();
    for (weight, diagnostic) in found {
        let word = match weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
        };
        let place = diagnostic.span().map_or_else(String::new, |span| {
            let (line, column) = span.line_column();
            let file = span.source().map_or("", |source| &*source.name);
            let file = property(file.strip_prefix("./").unwrap_or(file));
            format!(" file={file},line={line},col={column}")
        });
        let more = diagnostic.help.iter().chain(&diagnostic.notes);
        let message = more.fold(diagnostic.message.clone(), |all, more| {
            format!("{all}\n{more}")
        });
        // Writing to a string cannot fail.
        let _ = writeln!(text, "::{word}{place}::{}", data(&message));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

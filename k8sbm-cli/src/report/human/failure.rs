//! A failure: Ansible's line, then what a person wants to know.

use super::{Look, Tone, outcome, shown};
use crate::render::{Render, Weight};
use k8sbm_core::{
    diagnostic::Diagnostic,
    event::{Finished, Outcome, TaskInfo},
};
use serde_json::Value as Json;
use std::sync::Arc;

/// How many of the last lines of output are shown.
const TAIL: usize = 12;

/// A failure in all its words; `again` leaves out what another host has said already.
pub fn lines(finished: &Finished, task: Option<&TaskInfo>, look: &Look, again: bool) -> String {
    let host = outcome::host(finished);
    let result = if look.verbosity > 0 {
        shown::full(&finished.result, look.verbosity)
    } else {
        shown::brief(&finished.result)
    };
    let (line, tone) = match (&finished.outcome, &finished.item) {
        (Outcome::Unreachable { .. }, _) => (
            format!("fatal: {host}: UNREACHABLE! => {result}"),
            Tone::Bright,
        ),
        (_, Some(item)) => (
            format!("failed: {host} (item={item}) => {result}"),
            Tone::Failed,
        ),
        _ => (format!("fatal: {host}: FAILED! => {result}"), Tone::Failed),
    };
    let mut text = format!(
        "{}{}\n",
        outcome::differences(finished, look),
        look.paint(tone, &line)
    );
    text.push_str(&indented(&details(finished, task, look, again)));
    text
}

/// Whether a failure is passed over.
pub fn is_ignored(finished: &Finished) -> bool {
    matches!(
        finished.outcome,
        Outcome::Failed { ignored: true } | Outcome::Unreachable { ignored: true }
    )
}

fn details(finished: &Finished, task: Option<&TaskInfo>, look: &Look, again: bool) -> String {
    let mut text = String::new();
    let said = |key: &str| finished.result.get(key).and_then(Json::as_str);
    let spoken = finished.diagnostic.as_ref();
    let drawn = spoken.is_some_and(|diagnostic| diagnostic.span().is_some());
    if !again
        && !drawn
        && let Some(message) = said("msg").or_else(|| said("censored"))
    {
        text.push_str(&format!("{}\n", message.trim_end()));
    }
    for key in ["stderr", "module_stderr", "stdout", "module_stdout"] {
        text.push_str(&tail(key, said(key).unwrap_or_default()));
    }
    if again {
        return text;
    }
    if let Some(diagnostic) = spoken.filter(|_| drawn) {
        let render = Render::new(look.colour, look.width.saturating_sub(2));
        text.push_str(&render.diagnostic(diagnostic, Weight::Error));
        text.push('\n');
    }
    if let Some(task) = task.filter(|task| !drawn || !stands_in(&task.place, spoken)) {
        text.push_str(&look.paint(Tone::Faint, &format!("--> {}", task.place)));
        text.push('\n');
    }
    if let Some(help) = spoken
        .filter(|_| !drawn)
        .and_then(|spoken| spoken.help.as_ref())
    {
        text.push_str(&format!("{} {help}\n", look.paint(Tone::Strong, "help:")));
    }
    text
}

/// Whether a diagnostic marks something in the file of a place, or there is no place.
fn stands_in(place: &str, diagnostic: Option<&Arc<Diagnostic>>) -> bool {
    let labels = diagnostic.into_iter().flat_map(|it| &it.labels);
    let mut files = labels.filter_map(|label| Some(&label.span.source()?.name));
    place.is_empty() || files.any(|file| place.starts_with(&format!("{file}:")))
}

/// The last lines of what a command wrote.
fn tail(name: &str, text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    if lines.is_empty() {
        return String::new();
    }
    let left_out = lines.len().saturating_sub(TAIL);
    let mut shown = match left_out {
        0 => format!("{name}:\n"),
        count => format!("{name}, without its first {count} lines:\n"),
    };
    for line in &lines[left_out..] {
        shown.push_str(&format!("    {line}\n"));
    }
    shown
}

fn indented(text: &str) -> String {
    let indent = |line: &str| match line {
        "" => "\n".to_owned(),
        line => format!("  {line}\n"),
    };
    text.lines().map(indent).collect()
}

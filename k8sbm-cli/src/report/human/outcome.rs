//! How a task, or an item of its loop, ended: a line or two.

use super::{Look, Tone, diff::unified, shown};
use k8sbm_core::event::{Finished, Outcome, TaskInfo};

/// The name of a host in a line, with the host that was acted on.
pub fn host(finished: &Finished) -> String {
    match &finished.delegate {
        Some(delegate) if *delegate != finished.host => {
            format!("[{} -> {delegate}]", finished.host)
        }
        _ => format!("[{}]", finished.host),
    }
}

/// The lines of what did not fail, or nothing where nothing is to be said.
pub fn lines(finished: &Finished, task: Option<&TaskInfo>, look: &Look) -> String {
    let (word, tone) = match &finished.outcome {
        Outcome::Ok => ("ok", Tone::Ok),
        Outcome::Changed => ("changed", Tone::Changed),
        Outcome::Skipped { .. } if look.skipped || look.verbosity > 1 => {
            ("skipping", Tone::Skipped)
        }
        Outcome::Unknown { .. } => ("unknown", Tone::Bright),
        Outcome::Blocked { .. } => ("blocked", Tone::Bright),
        Outcome::Skipped { .. } | Outcome::Failed { .. } | Outcome::Unreachable { .. } => {
            return String::new();
        }
    };
    let mut text = format!("{word}: {}", host(finished));
    if let Some(item) = &finished.item {
        text.push_str(&format!(" => (item={item})"));
    }
    match &finished.outcome {
        Outcome::Unknown { waits_for } => {
            let name = task.map_or("", |task| &*task.name);
            text.push_str(&format!(": {}", why_unknown(waits_for, name)));
        }
        Outcome::Blocked { by } => text.push_str(&format!(": by {by}")),
        _ => {}
    }
    let module = task.map_or("", |task| &*task.module);
    let skipped = matches!(finished.outcome, Outcome::Skipped { .. });
    if skipped && look.verbosity == 0 {
        // Why it was skipped is asked for with -v.
    } else if let Some(message) = shown::message(module, &finished.result) {
        text.push_str(&format!(" => {message}"));
    } else if look.verbosity > 2 || look.verbosity > 0 && !is_facts(module) {
        text.push_str(&format!(
            " => {}",
            shown::full(&finished.result, look.verbosity)
        ));
    }
    format!(
        "{}{}\n",
        differences(finished, look),
        look.paint(tone, &text)
    )
}

/// Why nobody can say what a task would do.
pub fn why_unknown(waits_for: &str, task: &str) -> String {
    if waits_for == format!("the result of `{task}`") {
        "only running it tells".to_owned()
    } else {
        format!("waits for {waits_for}")
    }
}

/// What changed, as far as it can be shown.
pub fn differences(finished: &Finished, look: &Look) -> String {
    finished
        .changes
        .iter()
        .filter_map(|change| change.diff.as_ref())
        .map(|diff| unified(diff, look))
        .collect()
}

/// Facts are long, and seldom what `-v` wants.
fn is_facts(module: &str) -> bool {
    let short = module.rsplit('.').next().unwrap_or(module);
    matches!(
        short,
        "setup" | "gather_facts" | "package_facts" | "service_facts"
    )
}

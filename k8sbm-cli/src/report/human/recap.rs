//! What happened on each host, and where the time went.

use super::{Look, Tone, banner::banner, shown};
use indexmap::IndexMap;
use k8sbm_core::event::{Recap, Spent};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Whose the values are that belong to no host.
const RUN: &str = "_run";

/// How many of the slowest tasks are named.
const SLOWEST: usize = 5;

/// How many of the counts are Ansible's, and so always told; ours are told when there is something to count.
const ANSIBLES: usize = 7;

/// The columns that a line with all of Ansible's counts takes.
const WHOLE: usize = 118;

/// Tasks that are quicker than this are not worth naming.
const WORTH_NAMING: f64 = 0.5;

/// Runs that are quicker than this go by before anybody asks where their time went.
const WORTH_PARTING: f64 = 10.0;

/// How long a task took on the host where it took longest.
#[derive(Clone, Debug)]
pub struct Slow {
    /// The task.
    pub name: Arc<str>,
    /// The host.
    pub host: Arc<str>,
    /// Seconds.
    pub seconds: f64,
}

/// How long a run took.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// All of it, in seconds.
    pub seconds: f64,
    /// How much of it hosts were busy.
    pub spent: Spent,
}

/// The counts of all hosts, by name.
pub fn recap(counts: &IndexMap<Arc<str>, Recap>, look: &Look) -> String {
    let mut text = banner("PLAY RECAP", look.width);
    let mut names: Vec<&Arc<str>> = counts.keys().collect();
    names.sort_unstable();
    for name in names {
        text.push_str(&line(name, &counts[name], look));
    }
    text
}

fn line(name: &str, counts: &Recap, look: &Look) -> String {
    let tone = if counts.failed + counts.unreachable + counts.blocked > 0 {
        Tone::Failed
    } else if counts.changed > 0 {
        Tone::Changed
    } else {
        Tone::Ok
    };
    let padding = " ".repeat(26_usize.saturating_sub(name.chars().count()));
    let counted = [
        ("ok", counts.ok, Tone::Ok),
        ("changed", counts.changed, Tone::Changed),
        ("unreachable", counts.unreachable, Tone::Bright),
        ("failed", counts.failed, Tone::Failed),
        ("skipped", counts.skipped, Tone::Skipped),
        ("rescued", counts.rescued, Tone::Ok),
        ("ignored", counts.ignored, Tone::Warning),
        ("unknown", counts.unknown, Tone::Bright),
        ("blocked", counts.blocked, Tone::Bright),
    ];
    // Who reads a narrow screen counts nothing, so that a line of noughts may be left out; what reads a file may.
    let narrow = look.live && look.width < WHOLE;
    let shown = |at: usize, count: u32| count > 0 || at < 2 || at < ANSIBLES && !narrow;
    let mut text = format!("{}{padding} :", look.paint(tone, name));
    for (at, (word, count, tone)) in counted.into_iter().enumerate() {
        let cell = format!("{word}={count:<4}");
        match count {
            _ if !shown(at, count) => {}
            0 => text.push_str(&format!(" {cell}")),
            _ => text.push_str(&format!(" {}", look.paint(tone, &cell))),
        }
    }
    text.push('\n');
    text
}

/// What `set_stats` gathered: for the run, and for hosts.
pub fn stats(stats: &Map<String, Json>, look: &Look) -> String {
    if stats.is_empty() {
        return String::new();
    }
    let mut text = banner("CUSTOM STATS:", look.width);
    let (run, hosts): (Vec<_>, Vec<_>) = stats.iter().partition(|(owner, _)| *owner == RUN);
    for (owner, values) in hosts.into_iter().chain(run) {
        let owner = if owner == RUN { "RUN" } else { owner };
        text.push_str(&format!("\t{owner}: {}\n", shown::full(values, 0)));
    }
    text
}

/// How long it took, how much of it hosts were busy, and the slowest tasks.
pub fn timing(time: Time, slow: impl IntoIterator<Item = Slow>, look: &Look) -> String {
    let mut slow: Vec<Slow> = slow
        .into_iter()
        .filter(|task| task.seconds >= WORTH_NAMING)
        .collect();
    slow.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    slow.truncate(SLOWEST);
    let Time { seconds, spent } = time;
    let mut text = format!("\nTook {}", duration(seconds));
    if seconds >= WORTH_PARTING {
        let (working, looking) = (duration(spent.working), duration(spent.looking));
        text.push_str(&format!(
            ", of which hosts were at work {working}, and only looked at {looking}"
        ));
    }
    text.push_str(if slow.is_empty() {
        ".\n"
    } else {
        "; the slowest tasks:\n"
    });
    for task in slow {
        let seconds = duration(task.seconds);
        text.push_str(&format!("  {seconds:>9}  {} ({})\n", task.name, task.host));
    }
    look.paint(Tone::Faint, text.trim_end_matches('\n')) + "\n"
}

/// `0.42 s`, `17 s`, `3 min 4 s`.
fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 10.0 => format!("{seconds:.2} s"),
        seconds if seconds < 60.0 => format!("{seconds:.1} s"),
        seconds => {
            let whole = seconds.round() as u64;
            format!("{} min {} s", whole / 60, whole % 60)
        }
    }
}

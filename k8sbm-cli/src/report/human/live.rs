//! Which hosts are at work.

use super::{Look, Tone};
use indexmap::IndexMap;
use k8sbm_core::event::TaskId;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A task under way on a host.
struct Work {
    name: Arc<str>,
    since: Instant,
    progress: Option<String>,
    /// When its progress got a line of its own.
    told: Option<Instant>,
}

/// How often progress gets a line of its own, where no line can move.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The hosts that are at work, in the order in which they began.
#[derive(Default)]
pub struct Busy(IndexMap<(Arc<str>, TaskId), Work>);

impl Busy {
    /// A host begins a task.
    pub fn begin(&mut self, host: &Arc<str>, task: TaskId, name: Arc<str>) {
        let work = Work {
            name,
            since: Instant::now(),
            progress: None,
            told: None,
        };
        self.0.insert((host.clone(), task), work);
    }

    /// A host has ended a task.
    pub fn end(&mut self, host: &Arc<str>, task: TaskId) {
        self.0.shift_remove(&(host.clone(), task));
    }

    /// A task tells how far it is. Returns whether that is worth a line of its own.
    pub fn progress(&mut self, host: &Arc<str>, task: TaskId, text: &str) -> bool {
        let Some(work) = self.0.get_mut(&(host.clone(), task)) else {
            return false;
        };
        work.progress = Some(text.to_owned());
        let due = work.told.is_none_or(|told| told.elapsed() >= LINE_EVERY);
        if due {
            work.told = Some(Instant::now());
        }
        due
    }

    /// Each host with what it does.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, TaskId, &Arc<str>)> {
        self.0
            .iter()
            .map(|((host, task), work)| (host, *task, &work.name))
    }

    /// A line for each of them, as far as there is room.
    pub fn lines(&self, look: &Look, most: usize) -> Vec<String> {
        let room = if self.0.len() > most {
            most.saturating_sub(1)
        } else {
            most
        };
        let longest = self.0.keys().map(|(host, _)| host.width()).max();
        let column = longest.unwrap_or(0).min(24);
        let mut lines: Vec<String> = self
            .0
            .iter()
            .take(room)
            .map(|((host, _), work)| {
                let seconds = work.since.elapsed().as_secs();
                let progress = work.progress.as_deref().unwrap_or_default();
                let text = format!(
                    "  {}  {} {progress}",
                    fitted(host, column),
                    work.name.lines().next().unwrap_or_default()
                );
                let end = format!(" {seconds} s");
                let width = look.width.saturating_sub(end.width() + 1);
                look.paint(
                    Tone::Faint,
                    &format!("{}{end}", cut(text.trim_end(), width)),
                )
            })
            .collect();
        if self.0.len() > room {
            let more = format!("  and {} more hosts", self.0.len() - room);
            lines.push(look.paint(Tone::Faint, &more));
        }
        lines
    }
}

/// As much of `text` as fits into `width` columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used >= width {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

/// `text` in exactly `width` columns.
fn fitted(text: &str, width: usize) -> String {
    let mut text = cut(text, width);
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_lines_as_there_is_room_each_as_long_as_there_is_room() {
        let look = Look::text(false, 30);
        let mut busy = Busy::default();
        for number in 1..=4 {
            let host: Arc<str> = format!("h{number}").into();
            busy.begin(&host, 7, "Install the packages of the base system".into());
        }
        busy.begin(&"long.example.org".into(), 8, "Über".into());
        busy.progress(&"long.example.org".into(), 8, "3 of 9");
        insta::assert_snapshot!(busy.lines(&look, 3).join("\n"), @"
        h1                Inst… 0 s
        h2                Inst… 0 s
        and 3 more hosts
        ");
        for number in 1..=4 {
            busy.end(&format!("h{number}").into(), 7);
        }
        insta::assert_snapshot!(busy.lines(&Look { width: 60, ..look }, 3).join("\n"), @"  long.example.org  Über 3 of 9 0 s");
    }
}

//! The state of one script under way: which steps have ended, and until when the next one may run.

use super::frame::Found;
use super::script::{Section, Step, Upload};
use super::shell::{End, Ran};
use std::time::Duration;
use tokio::time::Instant;

/// One script under way.
pub(crate) struct Exchange<'a> {
    steps: &'a [Step],
    /// Markers on standard output before the first step's own.
    before: usize,
    /// Markers on standard error before the first step's own.
    before_stderr: usize,
    stdout: Vec<(i32, Vec<u8>)>,
    stderr: Vec<Vec<u8>>,
    /// Whether the shell is new, so that what comes first is the noise of a login and its group.
    fresh: bool,
    /// Whether something else writes into the shell's output.
    intruder: bool,
    /// When the next step has taken too long.
    pub deadline: Option<Instant>,
    /// The process group that a new shell told.
    pub group: Option<String>,
}

impl<'a> Exchange<'a> {
    pub fn new(steps: &'a [Step], fresh: bool, patience: Duration) -> Self {
        let before = if fresh { 2 } else { 1 };
        Self {
            steps,
            before,
            before_stderr: before,
            stdout: Vec::with_capacity(steps.len()),
            stderr: Vec::with_capacity(steps.len()),
            fresh,
            intruder: false,
            deadline: fresh.then(|| Instant::now() + patience),
            group: None,
        }
    }

    pub fn is_complete(&self) -> bool {
        self.stdout.len() == self.steps.len()
            && self.stderr.len() == self.steps.len()
            && self.before == 0
            && self.before_stderr == 0
    }

    /// Takes what was found on standard output, and returns content that the host is ready for.
    pub fn on_stdout(&mut self, found: Found) -> Option<&'a Upload> {
        let (bytes, status) = match found {
            Found::End(bytes, status) => (bytes, status),
            Found::Ready => return self.steps.get(self.stdout.len())?.upload.as_ref(),
        };
        if self.before > 0 {
            self.before -= 1;
            match (self.fresh, self.before) {
                (true, 0) => {
                    let group = String::from_utf8(bytes).ok();
                    self.group = group.filter(|text| !text.is_empty());
                }
                (true, _) => {}
                (false, _) => self.intruder |= !bytes.is_empty(),
            }
        } else {
            self.stdout.push((status.parse().unwrap_or(255), bytes));
        }
        if self.before == 0 {
            let limit = self
                .steps
                .get(self.stdout.len())
                .and_then(|step| step.limit);
            self.deadline = limit.map(|limit| Instant::now() + limit);
        }
        None
    }

    /// Takes what was found on standard error.
    pub fn on_stderr(&mut self, found: Found) {
        let Found::End(bytes, _) = found else { return };
        if self.before_stderr > 0 {
            self.before_stderr -= 1;
            self.intruder |= !self.fresh && !bytes.is_empty();
        } else {
            self.stderr.push(bytes);
        }
    }

    /// All that was asked for has come.
    pub fn finish(self, content_left: bool) -> Ran {
        let spent = content_left
            || self.intruder
            || self.lost_content()
            || self.steps.last().is_some_and(|step| step.last);
        self.ran(if spent { End::Spent } else { End::Ready })
    }

    /// The deadline has passed.
    pub fn expire(self, patience: Duration) -> Ran {
        let limit = self
            .steps
            .get(self.stdout.len())
            .and_then(|step| step.limit);
        let end = match limit {
            Some(limit) if self.before == 0 => End::Expired(limit),
            _ => End::Silent(patience),
        };
        self.ran(end)
    }

    /// The shell has ended.
    pub fn die(self, words: String) -> Ran {
        let begun = self.before == 0;
        let end = if self.lost_content() {
            End::Spent
        } else {
            End::Died { begun, words }
        };
        self.ran(end)
    }

    /// Whether the last step that ended failed to take content, upon which the shell ends itself.
    fn lost_content(&self) -> bool {
        let Some((status, _)) = self.stdout.last() else {
            return false;
        };
        *status != 0 && self.steps[self.stdout.len() - 1].upload.is_some()
    }

    fn ran(self, end: End) -> Ran {
        let sections =
            self.stdout
                .into_iter()
                .zip(self.stderr)
                .map(|((status, stdout), stderr)| Section {
                    status,
                    stdout,
                    stderr,
                });
        Ran {
            sections: sections.collect(),
            end,
        }
    }
}

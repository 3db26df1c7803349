//! Turns events into lines.

use super::{
    Look, Tone, banner::banner, failure, live::Busy, outcome, recap, screen::Screen, shown,
};
use crate::render::{Render, Weight};
use indexmap::IndexMap;
use k8sbm_core::event::{Event, Finished, Outcome, Recap, TaskId, TaskInfo};
use serde_json::Value as Json;
use std::{
    collections::{HashMap, HashSet},
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a task may be silent before its name is shown.
const SILENCE: Duration = Duration::from_secs(1);

/// What was told so far, and what has to be told.
pub struct Telling {
    look: Look,
    screen: Screen,
    /// Nothing is changed.
    check: bool,
    /// How many live lines there may be.
    room: usize,
    tasks: HashMap<TaskId, Arc<TaskInfo>>,
    /// The play that began last.
    play: Option<Arc<str>>,
    /// The task whose name was shown last.
    shown: Option<TaskId>,
    /// A task that has begun and has not been shown, and since when.
    begun: Option<(TaskId, Instant)>,
    busy: Busy,
    /// Loops that had an item, by task and host, and whether one of the items failed.
    looped: HashMap<(TaskId, Arc<str>), bool>,
    failures: HashSet<(TaskId, String)>,
    warnings: HashSet<String>,
    slow: HashMap<TaskId, recap::Slow>,
    /// What each host ended last.
    last: IndexMap<Arc<str>, (TaskId, Outcome)>,
}

impl Telling {
    /// Nothing was told yet.
    pub fn new(look: Look, out: Box<dyn Write + Send>) -> Self {
        Self {
            look,
            screen: Screen::new(out),
            check: false,
            room: 10,
            tasks: HashMap::new(),
            play: None,
            shown: None,
            begun: None,
            busy: Busy::default(),
            looped: HashMap::new(),
            failures: HashSet::new(),
            warnings: HashSet::new(),
            slow: HashMap::new(),
            last: IndexMap::new(),
        }
    }

    /// Tells warnings beside all else.
    pub fn warn_beside(&mut self, out: Box<dyn Write + Send>) {
        self.screen.beside = Some(out);
    }

    /// Shows all that was said so far, and nothing more before [`Telling::release`].
    pub fn hold(&mut self) {
        if let Some((task, _)) = self.begun.filter(|_| !self.look.quiet) {
            self.name(task);
        }
        self.flush();
        self.screen.held = true;
    }

    /// Goes on.
    pub fn release(&mut self) {
        self.screen.held = false;
    }

    /// Shows all that was said so far.
    pub fn flush(&mut self) {
        self.screen.draw(&[]);
    }

    /// Draws the screen for a width and height.
    pub fn tick(&mut self, (width, height): (usize, usize)) {
        if self.look.live {
            self.look.width = width;
            self.room = (height / 2).clamp(1, 12);
        } else if let Some((task, since)) = self.begun
            && since.elapsed() > SILENCE
            && !self.look.quiet
        {
            self.name(task);
        }
        let lines = if self.look.live {
            self.busy.lines(&self.look, self.room)
        } else {
            Vec::new()
        };
        self.screen.draw(&lines);
    }

    /// Takes an event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted {
                check,
                playbooks,
                plays,
                ..
            } => {
                self.check = *check;
                for (name, count) in playbooks.iter().zip(plays) {
                    self.playbook(name, *count);
                }
            }
            Event::PlayStarted { name, .. } => self.play(name),
            Event::PlaySkipped { .. } | Event::Included { .. } | Event::NoHostsLeft
                if self.look.quiet => {}
            Event::PlaySkipped { name, reason } => {
                self.play(name);
                self.line(Tone::Skipped, &format!("skipping: {reason}"));
            }
            Event::TaskStarted(task) => {
                self.tasks.insert(task.id, task.clone());
                self.begun = Some((task.id, Instant::now()));
            }
            Event::HostStarted { task, host } => {
                let name = self.tasks.get(task).map(|task| task.name.clone());
                self.busy.begin(host, *task, name.unwrap_or_default());
            }
            Event::ItemFinished(finished) => {
                let key = (finished.task, finished.host.clone());
                *self.looped.entry(key).or_default() |= is_failure(finished);
                self.finished(finished);
            }
            Event::HostFinished(finished) => self.host_finished(finished),
            Event::Retry {
                task,
                host,
                left,
                result,
                ..
            } => self.retry(*task, host, *left, result),
            Event::Included {
                task,
                target,
                hosts,
            } => {
                self.name(*task);
                self.line(
                    Tone::Skipped,
                    &format!("included: {target} for {}", hosts.join(", ")),
                );
            }
            Event::Notified { handler, host } if self.look.verbosity > 1 && !self.look.quiet => {
                self.line(Tone::Faint, &format!("notified: [{host}]: {handler}"));
            }
            Event::Progress { task, host, text } => self.progress(*task, host, text),
            Event::Warning { message, place } => self.warning(message, place.as_deref()),
            Event::Broken { diagnostic } => {
                let render = Render::new(self.look.colour, self.look.width);
                let drawn = render.diagnostic(diagnostic, Weight::Error);
                self.screen.write(&format!("\n{drawn}\n"));
            }
            Event::NoHostsLeft => {
                let text = banner("NO MORE HOSTS LEFT", self.look.width);
                self.screen.write(&text);
            }
            Event::Stopping => self.stopping(),
            Event::RunFinished {
                recap,
                stats,
                interrupted,
                seconds,
                spent,
            } => {
                let time = recap::Time {
                    seconds: *seconds,
                    spent: *spent,
                };
                self.end(recap, stats, *interrupted, time);
            }
            _ => {}
        }
    }

    fn line(&mut self, tone: Tone, text: &str) {
        let painted = self.look.paint(tone, text);
        self.screen.write(&painted);
        self.screen.write("\n");
    }

    /// Names a playbook, for those who ask for much.
    fn playbook(&mut self, name: &str, plays: usize) {
        if self.look.verbosity < 2 || self.look.quiet {
            return;
        }
        let name = name.rsplit('/').next().unwrap_or(name);
        let text = banner(&format!("PLAYBOOK: {name}"), self.look.width);
        self.screen
            .write(&format!("{text}{plays} plays in {name}\n"));
    }

    fn play(&mut self, name: &Arc<str>) {
        self.shown = None;
        self.play = Some(name.clone());
        if self.look.quiet {
            return;
        }
        let text = banner(&format!("PLAY [{name}]"), self.look.width);
        self.screen.write(&text);
    }

    /// Shows the name of a task, unless it was the last that was shown.
    fn name(&mut self, id: TaskId) {
        if self.begun.is_some_and(|(begun, _)| begun == id) {
            self.begun = None;
        }
        if self.shown == Some(id) {
            return;
        }
        self.shown = Some(id);
        let Some(task) = self.tasks.get(&id) else {
            return;
        };
        let kind = if task.handler {
            "RUNNING HANDLER"
        } else {
            "TASK"
        };
        // Plays that run side by side are told apart.
        let title = match &self.play {
            Some(play) if *play != task.play => {
                format!("PLAY [{}] {kind} [{}]", task.play, task.name)
            }
            _ => format!("{kind} [{}]", task.name),
        };
        let mut text = banner(&title, self.look.width);
        if self.look.verbosity > 1 {
            text.push_str(&format!("task path: {}\n", task.place));
        }
        self.screen.write(&text);
    }

    fn host_finished(&mut self, finished: &Finished) {
        self.busy.end(&finished.host, finished.task);
        self.last.insert(
            finished.host.clone(),
            (finished.task, finished.outcome.clone()),
        );
        let task = self.tasks.get(&finished.task);
        let (name, module) = task.map_or_else(Default::default, |task| {
            (task.name.clone(), task.module.clone())
        });
        let slow = recap::Slow {
            name,
            host: finished.host.clone(),
            seconds: finished.seconds,
        };
        let known = self
            .slow
            .entry(finished.task)
            .or_insert_with(|| slow.clone());
        if known.seconds < slow.seconds {
            *known = slow;
        }
        let statement = matches!(
            &*module,
            "meta" | "include_tasks" | "include_role" | "ansible.builtin.meta"
        );
        let well = matches!(finished.outcome, Outcome::Ok);
        let key = (finished.task, finished.host.clone());
        match self.looped.remove(&key) {
            // The items have told it all, unless something else went wrong.
            Some(told) if told || !is_failure(finished) => {
                if failure::is_ignored(finished) {
                    self.line(Tone::Skipped, "...ignoring");
                }
            }
            _ if statement && well => self.meta(finished, &module),
            _ => {
                self.finished(finished);
                self.meta(finished, &module);
            }
        }
    }

    /// What a word to the run did, for those who ask for much.
    fn meta(&mut self, finished: &Finished, module: &str) {
        if self.look.verbosity < 2 || self.look.quiet || !module.ends_with("meta") {
            return;
        }
        let said =
            ["skip_reason", "msg"].map(|key| finished.result.get(key).and_then(Json::as_str));
        if let Some(said) = said.into_iter().flatten().next() {
            self.name(finished.task);
            self.line(Tone::Faint, &format!("META: {said}"));
        }
    }

    fn finished(&mut self, finished: &Finished) {
        let task = self.tasks.get(&finished.task).cloned();
        let task = task.as_deref();
        let text = match finished.outcome {
            _ if is_failure(finished) => {
                let message = finished.result.get("msg").map(ToString::to_string);
                let again = !self
                    .failures
                    .insert((finished.task, message.unwrap_or_default()));
                failure::lines(finished, task, &self.look, again)
            }
            _ if self.look.quiet => String::new(),
            _ => outcome::lines(finished, task, &self.look),
        };
        if text.is_empty() {
            return;
        }
        self.name(finished.task);
        self.screen.write(&text);
        if finished.item.is_none() && failure::is_ignored(finished) {
            self.line(Tone::Skipped, "...ignoring");
        }
    }

    fn retry(&mut self, task: TaskId, host: &str, left: u64, result: &Json) {
        self.name(task);
        let name = self.tasks.get(&task).map(|task| task.name.clone());
        let mut text = format!(
            "FAILED - RETRYING: [{host}]: {} ({left} retries left).",
            name.unwrap_or_default()
        );
        if self.look.verbosity > 0 {
            text.push_str(&format!(
                " Result was: {}",
                shown::full(result, self.look.verbosity)
            ));
        }
        self.line(Tone::Skipped, &text);
    }

    fn progress(&mut self, task: TaskId, host: &Arc<str>, text: &str) {
        let due = self.busy.progress(host, task, text);
        if due && !self.look.live && self.look.verbosity > 0 {
            self.name(task);
            self.line(Tone::Faint, &format!("[{host}]: {text}"));
        }
    }

    fn warning(&mut self, message: &str, place: Option<&str>) {
        let text = match place {
            Some(place) => format!("[WARNING]: {message}\nOrigin: {place}"),
            None => format!("[WARNING]: {message}"),
        };
        if self.warnings.insert(text.clone()) {
            let text = self.look.paint(Tone::Warning, &text);
            self.screen.warn(&(text + "\n"));
        }
    }

    fn stopping(&mut self) {
        let mut text = String::from("\nStopping: what is under way is finished first.");
        for (host, _, name) in self.busy.iter() {
            text.push_str(&format!("\n  {host} is at `{name}`"));
        }
        text.push_str("\nPress Ctrl-C again to give up at once.");
        self.line(Tone::Warning, &text);
    }

    fn end(
        &mut self,
        counts: &IndexMap<Arc<str>, Recap>,
        stats: &serde_json::Map<String, Json>,
        interrupted: bool,
        time: recap::Time,
    ) {
        if interrupted {
            self.standings();
        }
        if self.look.quiet {
            return self.screen.draw(&[]);
        }
        self.screen.write(&recap::recap(counts, &self.look));
        self.screen.write(&recap::stats(stats, &self.look));
        let slow: Vec<recap::Slow> = self.slow.drain().map(|(_, slow)| slow).collect();
        self.screen.write(&recap::timing(time, slow, &self.look));
        if self.check {
            self.line(Tone::Faint, "Nothing was changed: this was a check.");
        }
        self.screen.draw(&[]);
    }

    /// Where each host stands after the run was stopped.
    fn standings(&mut self) {
        let mut text = banner("STOPPED", self.look.width);
        for (host, (task, outcome)) in &self.last {
            let name = self.tasks.get(task).map_or("", |task| &*task.name);
            let how = match outcome {
                Outcome::Ok => "ok",
                Outcome::Changed => "changed",
                Outcome::Skipped { .. } => "skipped",
                Outcome::Failed { .. } => "failed",
                Outcome::Unreachable { .. } => "unreachable",
                Outcome::Unknown { .. } => "unknown",
                Outcome::Blocked { .. } => "blocked",
            };
            text.push_str(&format!(
                "{host}: ended `{name}` ({how}); nothing began after it\n"
            ));
        }
        self.screen.write(&text);
    }
}

fn is_failure(finished: &Finished) -> bool {
    matches!(
        finished.outcome,
        Outcome::Failed { .. } | Outcome::Unreachable { .. }
    )
}

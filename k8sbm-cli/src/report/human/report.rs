//! Turns events into lines.

use super::{Look, Tone, banner::banner, failure, live::Busy, outcome, recap, screen::Screen};
use crate::{
    render::{Render, Weight},
    terminal::Terminal,
};
use indexmap::IndexMap;
use k8sbm_core::event::{Event, Finished, Outcome, Recap, Sink, TaskId, TaskInfo};
use serde_json::Value as Json;
use std::{
    collections::{HashMap, HashSet},
    io::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

/// How often the screen is drawn at most.
const TICK: Duration = Duration::from_millis(100);

/// How long a task may be silent before its name is shown.
const SILENCE: Duration = Duration::from_secs(1);

/// The report for people.
pub struct Human(Mutex<State>);

struct State {
    look: Look,
    screen: Screen,
    /// How many live lines there may be.
    room: usize,
    tasks: HashMap<TaskId, Arc<TaskInfo>>,
    /// The task whose name was shown last.
    shown: Option<TaskId>,
    /// A task that has begun and has not been shown, and since when.
    begun: Option<(TaskId, Instant)>,
    busy: Busy,
    /// Loops that had an item, by task and host.
    looped: HashSet<(TaskId, Arc<str>)>,
    failures: HashSet<(TaskId, String)>,
    warnings: HashSet<String>,
    slow: HashMap<TaskId, recap::Slow>,
    /// What each host ended last.
    last: IndexMap<Arc<str>, (TaskId, Outcome)>,
}

impl Human {
    /// A report that is written to `out`.
    pub fn new(look: Look, out: Box<dyn Write + Send>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            look,
            screen: Screen::new(out),
            room: 10,
            tasks: HashMap::new(),
            shown: None,
            begun: None,
            busy: Busy::default(),
            looped: HashSet::new(),
            failures: HashSet::new(),
            warnings: HashSet::new(),
            slow: HashMap::new(),
            last: IndexMap::new(),
        })))
    }

    /// Draws the screen ten times a second, until the report is dropped.
    pub fn animate(self: &Arc<Self>, terminal: Terminal) {
        let report: Weak<Self> = Arc::downgrade(self);
        thread::spawn(move || {
            loop {
                thread::sleep(TICK);
                let Some(report) = report.upgrade() else {
                    break;
                };
                report.state().tick(terminal.size());
            }
        });
    }

    /// Lets somebody be asked below all that was said so far.
    pub fn aside<T>(&self, ask: impl FnOnce() -> T) -> T {
        {
            let mut state = self.state();
            if let Some((task, _)) = state.begun.filter(|_| !state.look.quiet) {
                state.name(task);
            }
            state.screen.draw(&[]);
            state.screen.held = true;
        }
        let answer = ask();
        self.state().screen.held = false;
        answer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Human {
    fn drop(&mut self) {
        self.state().screen.draw(&[]);
    }
}

impl Sink for Human {
    fn event(&self, event: &Event) {
        self.state().event(event);
    }
}

impl State {
    fn tick(&mut self, (width, height): (usize, usize)) {
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

    fn event(&mut self, event: &Event) {
        match event {
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
                self.looped.insert((finished.task, finished.host.clone()));
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
            } => self.end(recap, stats, *interrupted, *seconds),
            _ => {}
        }
    }

    fn line(&mut self, tone: Tone, text: &str) {
        let painted = self.look.paint(tone, text);
        self.screen.write(&painted);
        self.screen.write("\n");
    }

    fn play(&mut self, name: &str) {
        self.shown = None;
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
        let mut text = banner(&format!("{kind} [{}]", task.name), self.look.width);
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
        let looped = self.looped.remove(&(finished.task, finished.host.clone()));
        if looped {
            let unreachable = matches!(finished.outcome, Outcome::Unreachable { .. });
            if failure::is_ignored(finished) && !unreachable {
                self.line(Tone::Skipped, "...ignoring");
            }
        } else if !(statement && well) {
            self.finished(finished);
        }
    }

    fn finished(&mut self, finished: &Finished) {
        let task = self.tasks.get(&finished.task).cloned();
        let task = task.as_deref();
        let text = match finished.outcome {
            Outcome::Failed { .. } | Outcome::Unreachable { .. } => {
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
                super::shown::full(result, self.look.verbosity)
            ));
        }
        self.line(Tone::Skipped, &text);
    }

    fn progress(&mut self, task: TaskId, host: &Arc<str>, text: &str) {
        self.busy.progress(host, task, text);
        if !self.look.live && self.look.verbosity > 0 {
            self.name(task);
            self.line(Tone::Faint, &format!("[{host}]: {text}"));
        }
    }

    fn warning(&mut self, message: &str, place: Option<&str>) {
        let text = match place {
            Some(place) => format!("[WARNING]: {message} ({place})"),
            None => format!("[WARNING]: {message}"),
        };
        if self.warnings.insert(text.clone()) {
            self.line(Tone::Warning, &text);
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
        seconds: f64,
    ) {
        if interrupted {
            self.standings();
        }
        if self.look.quiet {
            return self.screen.draw(&[]);
        }
        self.screen.write(&recap::recap(counts, &self.look));
        if !stats.is_empty() {
            let text = format!("\nCUSTOM STATS: {}\n", Json::Object(stats.clone()));
            self.screen.write(&text);
        }
        let slow: Vec<recap::Slow> = self.slow.drain().map(|(_, slow)| slow).collect();
        self.screen.write(&recap::timing(seconds, slow, &self.look));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::human::recorded::{self, Shared};

    fn told(look: Look) -> String {
        let out = Shared::default();
        let report = Human::new(look, Box::new(out.clone()));
        for event in recorded::events() {
            report.event(&event);
        }
        drop(report);
        out.text()
    }

    const LOOK: Look = Look {
        colour: false,
        width: 80,
        verbosity: 0,
        skipped: false,
        live: false,
        quiet: false,
    };

    #[test]
    fn a_run_in_eighty_columns() {
        insta::assert_snapshot!(told(LOOK), @r#"

        PLAY [Prepare] *****************************************************************

        TASK [Say hello] ***************************************************************
        ok: [h1] => {
            "msg": "hello"
        }
        ok: [h2] => {
            "msg": {
                "a": [
                    1,
                    2
                ]
            }
        }

        TASK [etc : Write the message of the day] **************************************
        --- before: /etc/motd
        +++ after: /etc/motd
        @@ -1,2 +1,2 @@
        -old
        +new
         same

        changed: [h1]

        TASK [Loop] ********************************************************************
        changed: [h1] => (item=a)
        failed: [h1] (item=b) => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
          non-zero return code
          stderr:
              first
              last
          --> site.yml:30:7
        ...ignoring
        unknown: [h2]: waits for the result of `Ask`

        TASK [More] ********************************************************************
        included: more.yml for h1, h2

        TASK [Wait for it] *************************************************************
        FAILED - RETRYING: [h1]: Wait for it (2 retries left).
        fatal: [h1]: FAILED! => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
          non-zero return code
          stderr:
              first
              last
          --> site.yml:50:7
        fatal: [h2]: UNREACHABLE! => {"changed": false, "msg": "no route to host", "unreachable": true}
          no route to host
          --> site.yml:50:7

        TASK [Undefined] ***************************************************************
        fatal: [h1]: FAILED! => {"msg": "`nope` is undefined"}
          error: `nope` is undefined
           --> site.yml:4:21
            |
          4 |       debug: msg={{ nope }}
            |                     ^^^^
            |
            = help: did you mean `node`?
        [WARNING]: `sudo` is deprecated (site.yml:9:3)

        RUNNING HANDLER [Restart it] ***************************************************
        ok: [h1 -> localhost]
        blocked: [h2]: by `Write` on h1

        PLAY RECAP *********************************************************************
        h1                         : ok=6    changed=1    unreachable=0    failed=1    skipped=1    rescued=0    ignored=1    unknown=1   
        h2                         : ok=6    changed=1    unreachable=1    failed=0    skipped=1    rescued=0    ignored=1   

        Took 1 min 15 s; the slowest tasks:
             2.70 s  Restart it (h1)
             2.40 s  Never for anybody (h1)
             2.10 s  Undefined (h1)
             1.50 s  Wait for it (h1)
             1.20 s  More (h1)
        "#);
    }

    #[test]
    fn a_run_in_forty_columns() {
        insta::assert_snapshot!(told(Look { width: 40, ..LOOK }), @r#"

        PLAY [Prepare] *************************

        TASK [Say hello] ***********************
        ok: [h1] => {
            "msg": "hello"
        }
        ok: [h2] => {
            "msg": {
                "a": [
                    1,
                    2
                ]
            }
        }

        TASK [etc : Write the message of the day] ***
        --- before: /etc/motd
        +++ after: /etc/motd
        @@ -1,2 +1,2 @@
        -old
        +new
         same

        changed: [h1]

        TASK [Loop] ****************************
        changed: [h1] => (item=a)
        failed: [h1] (item=b) => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
          non-zero return code
          stderr:
              first
              last
          --> site.yml:30:7
        ...ignoring
        unknown: [h2]: waits for the result of `Ask`

        TASK [More] ****************************
        included: more.yml for h1, h2

        TASK [Wait for it] *********************
        FAILED - RETRYING: [h1]: Wait for it (2 retries left).
        fatal: [h1]: FAILED! => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
          non-zero return code
          stderr:
              first
              last
          --> site.yml:50:7
        fatal: [h2]: UNREACHABLE! => {"changed": false, "msg": "no route to host", "unreachable": true}
          no route to host
          --> site.yml:50:7

        TASK [Undefined] ***********************
        fatal: [h1]: FAILED! => {"msg": "`nope` is undefined"}
          error: `nope` is undefined
           --> site.yml:4:21
            |
          4 |       debug: msg={{ nope }}
            |                     ^^^^
            |
            = help: did you mean `node`?
        [WARNING]: `sudo` is deprecated (site.yml:9:3)

        RUNNING HANDLER [Restart it] ***********
        ok: [h1 -> localhost]
        blocked: [h2]: by `Write` on h1

        PLAY RECAP *****************************
        h1                         : ok=6    changed=1    unreachable=0    failed=1    skipped=1    rescued=0    ignored=1    unknown=1   
        h2                         : ok=6    changed=1    unreachable=1    failed=0    skipped=1    rescued=0    ignored=1   

        Took 1 min 15 s; the slowest tasks:
             2.70 s  Restart it (h1)
             2.40 s  Never for anybody (h1)
             2.10 s  Undefined (h1)
             1.50 s  Wait for it (h1)
             1.20 s  More (h1)
        "#);
    }

    #[test]
    fn more_is_said_when_more_is_asked_for() {
        let look = Look {
            verbosity: 2,
            skipped: true,
            width: 120,
            ..LOOK
        };
        insta::assert_snapshot!(told(look), @r#"

        PLAY [Prepare] *********************************************************************************************************

        TASK [Say hello] *******************************************************************************************************
        task path: site.yml:10:7
        ok: [h1] => {
            "msg": "hello"
        }
        ok: [h2] => {
            "msg": {
                "a": [
                    1,
                    2
                ]
            }
        }

        TASK [etc : Write the message of the day] ******************************************************************************
        task path: site.yml:20:7
        --- before: /etc/motd
        +++ after: /etc/motd
        @@ -1,2 +1,2 @@
        -old
        +new
         same

        changed: [h1] => {"changed": true}
        skipping: [h2] => {"skipped": true}

        TASK [Loop] ************************************************************************************************************
        task path: site.yml:30:7
        changed: [h1] => (item=a) => {"changed": true}
        failed: [h1] (item=b) => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3, "stderr": "first\nlast", "stderr_lines": ["first", "last"], "stdout": ""}
          non-zero return code
          stderr:
              first
              last
          --> site.yml:30:7
        ...ignoring
        unknown: [h2]: waits for the result of `Ask` => {"skipped": true}

        TASK [More] ************************************************************************************************************
        task path: site.yml:40:7
        included: more.yml for h1, h2

        TASK [Wait for it] *****************************************************************************************************
        task path: site.yml:50:7
        FAILED - RETRYING: [h1]: Wait for it (2 retries left). Result was: {"rc": 1}
        fatal: [h1]: FAILED! => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3, "stderr": "first\nlast", "stderr_lines": ["first", "last"], "stdout": ""}
          non-zero return code
          stderr:
              first
              last
          --> site.yml:50:7
        fatal: [h2]: UNREACHABLE! => {"changed": false, "msg": "no route to host", "unreachable": true}
          no route to host
          --> site.yml:50:7

        TASK [Undefined] *******************************************************************************************************
        task path: site.yml:70:7
        fatal: [h1]: FAILED! => {"msg": "`nope` is undefined"}
          error: `nope` is undefined
           --> site.yml:4:21
            |
          4 |       debug: msg={{ nope }}
            |                     ^^^^
            |
            = help: did you mean `node`?
        [WARNING]: `sudo` is deprecated (site.yml:9:3)

        TASK [Never for anybody] ***********************************************************************************************
        task path: site.yml:80:7
        skipping: [h1] => {"skipped": true}

        RUNNING HANDLER [Restart it] *******************************************************************************************
        task path: site.yml:90:7
        ok: [h1 -> localhost] => {"changed": false}
        blocked: [h2]: by `Write` on h1 => {"changed": false}

        PLAY RECAP *************************************************************************************************************
        h1                         : ok=6    changed=1    unreachable=0    failed=1    skipped=1    rescued=0    ignored=1    unknown=1   
        h2                         : ok=6    changed=1    unreachable=1    failed=0    skipped=1    rescued=0    ignored=1   

        Took 1 min 15 s; the slowest tasks:
             2.70 s  Restart it (h1)
             2.40 s  Never for anybody (h1)
             2.10 s  Undefined (h1)
             1.50 s  Wait for it (h1)
             1.20 s  More (h1)
        "#);
    }

    #[test]
    fn a_quiet_report_tells_troubles_alone() {
        let quiet = told(Look {
            quiet: true,
            ..LOOK
        });
        assert!(!quiet.contains("PLAY") && !quiet.contains("changed: "));
        assert!(quiet.contains("UNREACHABLE!") && quiet.contains("[WARNING]"));
    }

    #[test]
    fn colours_are_only_there_when_wanted() {
        assert!(!told(LOOK).contains('\x1b'));
        let coloured = told(Look {
            colour: true,
            ..LOOK
        });
        assert!(coloured.contains("\x1b[33mchanged: [h1]\x1b[0m"));
    }

    #[test]
    fn a_stopped_run_says_where_each_host_stands() {
        let out = Shared::default();
        let report = Human::new(LOOK, Box::new(out.clone()));
        for event in recorded::events().into_iter().take(8) {
            report.event(&event);
        }
        report.event(&Event::HostStarted {
            task: 2,
            host: "h3".into(),
        });
        report.event(&Event::Stopping);
        report.event(&Event::RunFinished {
            recap: IndexMap::new(),
            stats: serde_json::Map::new(),
            interrupted: true,
            seconds: 1.0,
        });
        let text = out.text();
        let end = text.find("Stopping").unwrap_or_default();
        insta::assert_snapshot!(text[end..], @"
        Stopping: what is under way is finished first.
          h3 is at `etc : Write the message of the day`
        Press Ctrl-C again to give up at once.

        STOPPED ************************************************************************
        h1: ended `etc : Write the message of the day` (changed); nothing began after it
        h2: ended `etc : Write the message of the day` (skipped); nothing began after it

        PLAY RECAP *********************************************************************

        Took 1.00 s; the slowest tasks:
             0.60 s  etc : Write the message of the day (h1)
        ");
    }
}

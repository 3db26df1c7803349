//! What one module did on each host, in the words of Ansible's ad-hoc command.

use super::{
    Look, Tone,
    human::{pretty, unified},
};
use crate::render::{Render, Weight};
use k8sbm_core::event::{Event, Finished, Outcome, Sink, TaskInfo};
use serde_json::Value as Json;
use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

/// Modules whose output is shown as it is.
const PLAIN: [&str; 4] = ["command", "shell", "raw", "script"];

/// Tells what one module did on each host.
pub struct AdHoc {
    look: Look,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    task: Option<Arc<TaskInfo>>,
}

impl AdHoc {
    /// A report that is written to `out`.
    pub fn new(look: Look, out: Box<dyn Write + Send>) -> Self {
        let state = Mutex::new(State { out, task: None });
        Self { look, state }
    }

    fn finished(&self, finished: &Finished, module: &str) -> String {
        let mut text = String::new();
        for diff in finished.changes.iter().filter_map(|c| c.diff.as_ref()) {
            text.push_str(&unified(diff, &self.look));
        }
        let (word, tone) = match &finished.outcome {
            Outcome::Ok => ("SUCCESS", Tone::Ok),
            Outcome::Changed => ("CHANGED", Tone::Changed),
            Outcome::Skipped { .. } => ("SKIPPED", Tone::Skipped),
            Outcome::Failed { .. } => ("FAILED", Tone::Failed),
            Outcome::Unreachable { .. } => ("UNREACHABLE", Tone::Bright),
            Outcome::Unknown { .. } => ("UNKNOWN", Tone::Bright),
            Outcome::Blocked { .. } => ("BLOCKED", Tone::Bright),
        };
        let host = &finished.host;
        let said = |key: &str| finished.result.get(key).and_then(Json::as_str);
        let rc = finished.result.get("rc").and_then(Json::as_i64);
        let words = match (&finished.outcome, rc) {
            (Outcome::Skipped { reason }, _) => format!("{host} | SKIPPED: {reason}"),
            (Outcome::Unknown { waits_for }, _) => {
                format!("{host} | UNKNOWN: waits for {waits_for}")
            }
            (_, Some(rc)) if PLAIN.contains(&module) => {
                let mut words = format!("{host} | {word} | rc={rc} >>");
                let failed = matches!(finished.outcome, Outcome::Failed { .. });
                for key in ["stdout", "stderr", "msg"] {
                    let line = said(key).filter(|line| !line.is_empty());
                    if let Some(line) = line.filter(|_| key != "msg" || failed) {
                        words.push('\n');
                        words.push_str(line.trim_end_matches('\n'));
                    }
                }
                words
            }
            (Outcome::Failed { .. } | Outcome::Unreachable { .. }, _) => {
                format!("{host} | {word}! => {}", pretty(&finished.result))
            }
            _ => format!("{host} | {word} => {}", pretty(&finished.result)),
        };
        text.push_str(&self.look.paint(tone, &words));
        text.push('\n');
        if let Some(help) = finished.diagnostic.as_ref().and_then(|d| d.help.as_ref()) {
            text.push_str(&format!("  help: {help}\n"));
        }
        text
    }
}

impl Sink for AdHoc {
    fn event(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match event {
            Event::TaskStarted(task) => {
                state.task = Some(task.clone());
                return;
            }
            Event::HostFinished(finished) => {
                let module = state.task.as_ref().map_or("", |task| &*task.module);
                let module = module.rsplit('.').next().unwrap_or(module);
                self.finished(finished, module)
            }
            Event::PlaySkipped { reason, .. } => self.look.paint(
                Tone::Warning,
                &format!("[WARNING]: {reason}, nothing to do\n"),
            ),
            Event::Warning { message, .. } => self
                .look
                .paint(Tone::Warning, &format!("[WARNING]: {message}\n")),
            Event::Broken { diagnostic } => {
                let render = Render::new(self.look.colour, self.look.width);
                render.diagnostic(diagnostic, Weight::Error) + "\n"
            }
            _ => return,
        };
        // Who reads this may have gone; the run goes on.
        let _ = state.out.write_all(text.as_bytes());
        let _ = state.out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::human::recorded::{self, Shared};

    #[test]
    fn each_host_has_its_block() {
        let out = Shared::default();
        let report = AdHoc::new(Look::text(false, 80), Box::new(out.clone()));
        for event in recorded::events() {
            report.event(&event);
        }
        insta::assert_snapshot!(out.text(), @r#"
        h1 | SUCCESS => {
            "changed": false,
            "msg": "hello"
        }
        h2 | SUCCESS => {
            "changed": false,
            "msg": {
                "a": [
                    1,
                    2
                ]
            }
        }
        --- before: /etc/motd
        +++ after: /etc/motd
        @@ -1,2 +1,2 @@
        -old
        +new
         same

        h1 | CHANGED => {
            "changed": true
        }
        h2 | SKIPPED: want | bool
        h1 | FAILED! => {
            "msg": "One or more items failed",
            "results": []
        }
        h2 | UNKNOWN: waits for the result of `Ask`
        h1 | SUCCESS => {
            "include": "more.yml"
        }
        h1 | FAILED | rc=3 >>
        first
        last
        non-zero return code
        h2 | UNREACHABLE! => {
            "changed": false,
            "msg": "no route to host",
            "unreachable": true
        }
        h1 | FAILED! => {
            "msg": "`nope` is undefined"
        }
          help: did you mean `node`?
        [WARNING]: `sudo` is deprecated
        [WARNING]: `sudo` is deprecated
        h1 | SKIPPED: want | bool
        h1 | SUCCESS => {
            "changed": false
        }
        h2 | BLOCKED => {
            "changed": false
        }
        "#);
    }
}

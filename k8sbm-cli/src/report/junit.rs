//! JUnit's XML: a test case for each task and host.

use k8sbm_core::event::{Event, Finished, Outcome, Sink, TaskId, TaskInfo};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::Value as Json;
use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Writes JUnit's XML when the run has ended.
pub struct Junit(Mutex<State>);

struct State {
    out: Box<dyn Write + Send>,
    tasks: HashMap<TaskId, Arc<TaskInfo>>,
    suites: Vec<TestSuite>,
}

impl Junit {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(State {
            out,
            tasks: HashMap::new(),
            suites: Vec::new(),
        }))
    }
}

impl Sink for Junit {
    fn event(&self, event: &Event) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .event(event);
    }
}

impl State {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlayStarted { name, .. } => self.suites.push(TestSuite::new(&**name)),
            Event::TaskStarted(task) => {
                self.tasks.insert(task.id, task.clone());
            }
            Event::HostFinished(finished) => {
                let case = self.case(finished);
                if let Some(suite) = self.suites.last_mut() {
                    suite.add_test_case(case);
                }
            }
            Event::Broken { diagnostic } => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(diagnostic.to_string());
                let mut suite = TestSuite::new("playbook");
                suite.add_test_case(TestCase::new("loads", status));
                self.suites.push(suite);
            }
            Event::RunFinished { seconds, .. } => self.write(*seconds),
            _ => {}
        }
    }

    fn case(&self, finished: &Finished) -> TestCase {
        let said = |key: &str| finished.result.get(key).and_then(Json::as_str);
        let failed = |kind: &str| {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(kind).set_message(said("msg").unwrap_or(kind));
            status.set_description(finished.result.to_string());
            status
        };
        let skipped = |why: String| {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why);
            status
        };
        let status = match &finished.outcome {
            Outcome::Failed { ignored: false } => failed("failed"),
            Outcome::Unreachable { ignored: false } => failed("unreachable"),
            Outcome::Skipped { reason } => skipped(reason.clone()),
            Outcome::Unknown { waits_for } => skipped(format!("unknown: waits for {waits_for}")),
            Outcome::Blocked { by } => skipped(format!("blocked by {by}")),
            _ => TestCaseStatus::success(),
        };
        let task = self.tasks.get(&finished.task);
        let name = task.map_or("", |task| &*task.name);
        let mut case = TestCase::new(format!("[{}] {name}", finished.host), status);
        case.set_classname(task.map_or("", |task| &*task.place));
        case.set_time(Duration::from_secs_f64(finished.seconds.max(0.0)));
        if let Some(text) = said("stdout").filter(|text| !text.is_empty()) {
            case.set_system_out(text);
        }
        if let Some(text) = said("stderr").filter(|text| !text.is_empty()) {
            case.set_system_err(text);
        }
        case
    }

    fn write(&mut self, seconds: f64) {
        let mut report = Report::new("k8sbm");
        report.set_time(Duration::from_secs_f64(seconds.max(0.0)));
        report.add_test_suites(self.suites.drain(..));
        // A full disk shows in the empty file; the run itself went as it went.
        let _ = report.serialize(&mut self.out);
        let _ = self.out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::human::recorded::{self, Shared};

    #[test]
    fn each_task_on_each_host_is_a_case() {
        let out = Shared::default();
        let junit = Junit::new(Box::new(out.clone()));
        for event in recorded::events() {
            junit.event(&event);
        }
        insta::assert_snapshot!(out.text(), @"");
    }
}

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
                let play = self.tasks.get(&finished.task).map(|task| &*task.play);
                let mut suites = self.suites.iter_mut().rev();
                if let Some(suite) = suites.find(|suite| Some(suite.name.as_str()) == play) {
                    suite.add_test_case(case);
                    suite.add_test_cases(rows(finished));
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
            status
                .set_type(kind)
                .set_message(said("msg").unwrap_or(kind));
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

/// A task that verifies says its findings as rows: each is a case of its own.
fn rows(finished: &Finished) -> Vec<TestCase> {
    let rows = finished.result.get("rows").and_then(Json::as_array);
    let case = |row: &Json| {
        let text = |key: &str| row.get(key).and_then(Json::as_str);
        let (test, subject, detail) = (text("test")?, text("subject")?, text("detail")?);
        let status = match row.get("ok")?.as_bool()? {
            true => TestCaseStatus::success(),
            false => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type(test).set_message(detail);
                status
            }
        };
        let mut case = TestCase::new(format!("{test} {subject}"), status);
        case.set_classname(format!("[{}] {test}", finished.host));
        Some(case)
    };
    rows.into_iter().flatten().filter_map(case).collect()
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
        insta::assert_snapshot!(out.text(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="k8sbm" tests="13" skipped="4" failures="3" errors="0" time="75.250">
            <testsuite name="Prepare" tests="13" skipped="4" errors="0" failures="3">
                <testcase name="[h1] Say hello" classname="site.yml:10:7" time="0.300"/>
                <testcase name="[h2] Say hello" classname="site.yml:10:7" time="0.300"/>
                <testcase name="[h1] etc : Write the message of the day" classname="site.yml:20:7" time="0.600"/>
                <testcase name="[h2] etc : Write the message of the day" classname="site.yml:20:7" time="0.600">
                    <skipped message="want | bool"/>
                </testcase>
                <testcase name="[h1] Loop" classname="site.yml:30:7" time="0.900"/>
                <testcase name="[h2] Loop" classname="site.yml:30:7" time="0.900">
                    <skipped message="unknown: waits for the result of `Ask`"/>
                </testcase>
                <testcase name="[h1] More" classname="site.yml:40:7" time="1.200"/>
                <testcase name="[h1] Wait for it" classname="site.yml:50:7" time="1.500">
                    <failure message="non-zero return code" type="failed">{&quot;changed&quot;:true,&quot;cmd&quot;:[&quot;sh&quot;],&quot;msg&quot;:&quot;non-zero return code&quot;,&quot;rc&quot;:3,&quot;stderr&quot;:&quot;first\nlast&quot;,&quot;stderr_lines&quot;:[&quot;first&quot;,&quot;last&quot;],&quot;stdout&quot;:&quot;&quot;,&quot;failed&quot;:true}</failure>
                    <system-err>first
        last</system-err>
                </testcase>
                <testcase name="[h2] Wait for it" classname="site.yml:50:7" time="1.500">
                    <failure message="no route to host" type="unreachable">{&quot;msg&quot;:&quot;no route to host&quot;,&quot;unreachable&quot;:true,&quot;changed&quot;:false}</failure>
                </testcase>
                <testcase name="[h1] Undefined" classname="site.yml:70:7" time="2.100">
                    <failure message="`nope` is undefined" type="failed">{&quot;msg&quot;:&quot;`nope` is undefined&quot;,&quot;failed&quot;:true}</failure>
                </testcase>
                <testcase name="[h1] Never for anybody" classname="site.yml:80:7" time="2.400">
                    <skipped message="want | bool"/>
                </testcase>
                <testcase name="[h1] Restart it" classname="site.yml:90:7" time="2.700"/>
                <testcase name="[h2] Restart it" classname="site.yml:90:7" time="2.700">
                    <skipped message="blocked by `Write` on h1"/>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn each_row_of_a_task_that_verifies_is_a_case() {
        let row = |subject: &str, ok: bool| serde_json::json!({"test": "T11", "subject": subject, "ok": ok, "detail": "seen"});
        let result = serde_json::json!({"rows": [row("w1", true), row("w2", false), {"other": 1}]});
        let finished = Finished {
            task: 0,
            host: "cp1".into(),
            delegate: None,
            outcome: Outcome::Ok,
            changes: Vec::new(),
            result: Arc::new(result),
            item: None,
            diagnostic: None,
            seconds: 0.0,
        };
        let mut suite = TestSuite::new("Verify");
        suite.add_test_cases(rows(&finished));
        let mut report = Report::new("k8sbm");
        report.add_test_suite(suite);
        insta::assert_snapshot!(report.to_string().unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="k8sbm" tests="2" skipped="0" failures="1" errors="0">
            <testsuite name="Verify" tests="2" skipped="0" errors="0" failures="1">
                <testcase name="T11 w1" classname="[cp1] T11"/>
                <testcase name="T11 w2" classname="[cp1] T11">
                    <failure message="seen" type="T11"/>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }
}

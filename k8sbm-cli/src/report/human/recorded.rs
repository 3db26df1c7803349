//! A run as it was recorded, for tests of all reports.

use indexmap::IndexMap;
use k8sbm_core::{
    diagnostic::Diagnostic,
    event::{Change, Event, Finished, Outcome, Recap, Spent, TaskInfo},
    node::{Source, Span},
    task::Diff,
};
use serde_json::{Value as Json, json};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// Text that is written and read by several.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    /// What was written.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        own.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn task(id: u32, name: &str, module: &str) -> Event {
    Event::TaskStarted(Arc::new(TaskInfo {
        id,
        play: "Prepare".into(),
        name: name.into(),
        module: module.into(),
        place: format!("site.yml:{}:7", id * 10),
        role: None,
        handler: name == "Restart it",
        tags: Vec::new(),
    }))
}

fn finished(task: u32, host: &str, outcome: Outcome, result: Json) -> Finished {
    Finished {
        task,
        host: host.into(),
        delegate: None,
        outcome,
        changes: Vec::new(),
        result: Arc::new(result),
        item: None,
        diagnostic: None,
        seconds: f64::from(task) * 0.3,
    }
}

fn host(task: u32, host: &str, outcome: Outcome, result: Json) -> Event {
    Event::HostFinished(Box::new(finished(task, host, outcome, result)))
}

fn item(task: u32, host: &str, item: &str, outcome: Outcome, result: Json) -> Event {
    Event::ItemFinished(Box::new(Finished {
        item: Some(item.into()),
        ..finished(task, host, outcome, result)
    }))
}

fn stats() -> serde_json::Map<String, Json> {
    [
        ("_run".to_owned(), json!({"hosts": 2})),
        ("h1".to_owned(), json!({"b": 1, "a": "x"})),
    ]
    .into_iter()
    .collect()
}

/// A play in which everything happens that can.
pub fn events() -> Vec<Event> {
    let ok = || Outcome::Ok;
    let changed = || Outcome::Changed;
    let failed = |ignored| Outcome::Failed { ignored };
    let skipped = || Outcome::Skipped {
        reason: "want | bool".into(),
    };
    let unknown = Outcome::Unknown {
        waits_for: "the result of `Ask`".into(),
    };
    let text = "- hosts: all\n  tasks:\n    - name: Undefined\n      debug: msg={{ nope }}\n";
    let at = text.find("nope").unwrap_or_default();
    let source = Arc::new(Source {
        name: "site.yml".into(),
        text: text.into(),
    });
    let undefined = Diagnostic::new("`nope` is undefined")
        .label(&Span::new(&source, at..at + 4), "")
        .help("did you mean `node`?");
    let write = Finished {
        changes: vec![Change {
            summary: "write /etc/motd".into(),
            diff: Some(Diff::text("/etc/motd", "old\nsame\n", "new\nsame\n")),
        }],
        ..finished(2, "h1", changed(), json!({"changed": true}))
    };
    let error = json!({"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3,
        "stderr": "first\nlast", "stderr_lines": ["first", "last"], "stdout": "", "failed": true});
    let elsewhere = Finished {
        delegate: Some("localhost".into()),
        ..finished(9, "h1", ok(), json!({"changed": false}))
    };
    let broken = Finished {
        diagnostic: Some(Arc::new(undefined)),
        ..finished(
            7,
            "h1",
            failed(false),
            json!({"msg": "`nope` is undefined", "failed": true}),
        )
    };
    let retry = Event::Retry {
        task: 5,
        host: "h1".into(),
        attempt: 1,
        left: 2,
        result: Arc::new(json!({"rc": 1})),
    };
    let recap = |failed, unreachable, unknown| Recap {
        ok: 6,
        changed: 1,
        failed,
        unreachable,
        skipped: 1,
        ignored: 1,
        unknown,
        ..Recap::default()
    };
    let counts: IndexMap<Arc<str>, Recap> =
        [("h2".into(), recap(0, 1, 0)), ("h1".into(), recap(1, 0, 1))]
            .into_iter()
            .collect();
    let hosts = || vec!["h1".into(), "h2".into()];
    vec![
        Event::RunStarted {
            version: k8sbm_core::event::VERSION,
            playbooks: vec!["site.yml".into()],
            plays: vec![1],
            check: false,
        },
        Event::PlayStarted {
            name: "Prepare".into(),
            place: "site.yml:1:3".into(),
            hosts: hosts(),
        },
        task(1, "Say hello", "debug"),
        host(1, "h1", ok(), json!({"changed": false, "msg": "hello"})),
        host(
            1,
            "h2",
            ok(),
            json!({"changed": false, "msg": {"a": [1, 2]}}),
        ),
        task(2, "etc : Write the message of the day", "copy"),
        Event::HostFinished(Box::new(write)),
        host(2, "h2", skipped(), json!({"skipped": true})),
        task(3, "Loop", "command"),
        item(3, "h1", "a", changed(), json!({"changed": true})),
        item(3, "h1", "b", failed(true), error.clone()),
        host(
            3,
            "h1",
            failed(true),
            json!({"results": [], "failed": true, "msg": "One or more items failed"}),
        ),
        host(3, "h2", unknown, json!({"skipped": true})),
        task(4, "More", "include_tasks"),
        host(4, "h1", ok(), json!({"include": "more.yml"})),
        Event::Included {
            task: 4,
            target: "more.yml".into(),
            hosts: hosts(),
        },
        task(5, "Wait for it", "command"),
        retry,
        host(5, "h1", failed(false), error),
        host(
            5,
            "h2",
            Outcome::Unreachable { ignored: false },
            json!({"msg": "no route to host", "unreachable": true, "changed": false}),
        ),
        task(7, "Undefined", "debug"),
        Event::HostFinished(Box::new(broken)),
        Event::Warning {
            message: "`sudo` is deprecated".into(),
            place: Some("site.yml:9:3".into()),
        },
        Event::Warning {
            message: "`sudo` is deprecated".into(),
            place: Some("site.yml:9:3".into()),
        },
        task(8, "Never for anybody", "command"),
        host(8, "h1", skipped(), json!({"skipped": true})),
        task(9, "Restart it", "service"),
        Event::HostFinished(Box::new(elsewhere)),
        host(
            9,
            "h2",
            Outcome::Blocked {
                by: "`Write` on h1".into(),
            },
            json!({"changed": false}),
        ),
        Event::RunFinished {
            recap: counts,
            stats: stats(),
            interrupted: false,
            seconds: 75.25,
            spent: Spent {
                working: 61.0,
                looking: 8.125,
            },
        },
    ]
}

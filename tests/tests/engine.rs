//! The engine on hosts in memory: what it does, in which order, and what it says.

use k8sbm_core::{
    connection::{Connection, FakeHost},
    event::{Event, Outcome, Sink},
    host::{Command, Output},
    inventory::Inventory,
    playbook::{Play, Playbook, TaskSpec},
    run::{Connector, Options, Report, Runner, Way},
    task::{Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// Gives a file a content.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Write {
    /// Absolute path.
    path: String,
    /// The content.
    content: String,
}

impl Task for Write {
    const NAME: &'static str = "write";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        plan.file(host, &self.path, self.content.as_str()).await?;
        Ok(plan)
    }
}

/// Says whether something stands at a path.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Look {
    /// Absolute path.
    path: String,
}

impl Task for Look {
    const NAME: &'static str = "look";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        plan.returns("exists", host.exists(&self.path).await?);
        Ok(plan)
    }
}

/// Asks what lies beyond the host, and what the host has.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Whether it lies beyond.
    beyond: bool,
}

impl Task for Ask {
    const NAME: &'static str = "ask";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        match self.beyond {
            true => host.query_beyond(Command::new(["api"])).await?,
            false => host.query(["own"]).await?,
        };
        Ok(Plan::default())
    }
}

/// Hosts in memory, by name.
#[derive(Default)]
struct Fakes(HashMap<String, FakeHost>);

impl Connector for Fakes {
    fn connect(&self, way: &Way) -> Result<Arc<dyn Connection>, String> {
        let host = self
            .0
            .get(&*way.name)
            .ok_or_else(|| format!("no fake host {}", way.name))?;
        Ok(Arc::new(host.clone()))
    }
}

/// Keeps a line for every task that ended on a host.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Sink for Lines {
    fn event(&self, event: &Event) {
        let line = match event {
            Event::HostFinished(finished) => {
                let outcome = match &finished.outcome {
                    Outcome::Unknown { waits_for } => format!("unknown: {waits_for}"),
                    Outcome::Failed { .. } => format!("failed: {}", finished.result["msg"]),
                    Outcome::Unreachable { .. } => {
                        format!("unreachable: {}", finished.result["msg"])
                    }
                    outcome => serde_json::to_value(outcome).unwrap()["outcome"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                };
                format!("{} {}: {outcome}", finished.task, finished.host)
            }
            Event::Broken { diagnostic } => format!("broken: {diagnostic}"),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

async fn run(
    hosts: &[(&str, FakeHost)],
    options: Options,
    tasks: Vec<TaskSpec>,
) -> (Report, Vec<String>) {
    let mut inventory = Inventory::new();
    for (name, _) in hosts {
        inventory.add_host(name, &[], Default::default());
    }
    let fakes = Fakes(
        hosts
            .iter()
            .map(|(name, host)| ((*name).to_owned(), host.clone()))
            .collect(),
    );
    let lines = Arc::new(Lines::default());
    let ready = Runner::new(
        inventory,
        k8sbm_tasks::registry()
            .with::<Write>()
            .with::<Look>()
            .with::<Ask>(),
        Arc::new(fakes),
    )
    .options(options)
    .sink(lines.clone())
    .ready(None)
    .unwrap();
    let play = Arc::new(Play::of("all", tasks));
    let report = ready
        .run(&[(
            "test".to_owned(),
            Playbook {
                plays: vec![play],
                warnings: vec![],
            },
        )])
        .await;
    let lines = lines.0.lock().unwrap().clone();
    (report, lines)
}

fn motd() -> TaskSpec {
    TaskSpec::module(
        "write",
        &json!({ "path": "/etc/motd", "content": "hello {{ inventory_hostname }}\n" }),
    )
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let hosts = [("a", FakeHost::new()), ("b", FakeHost::new())];
    let (report, lines) = run(&hosts, Options::default(), vec![motd()]).await;
    assert_eq!(lines, ["1 a: changed", "1 b: changed"]);
    assert!(report.success());
    assert_eq!(
        hosts[1].1.content("/etc/motd").as_deref(),
        Some("hello b\n")
    );
    let (report, lines) = run(&hosts, Options::default(), vec![motd()]).await;
    assert_eq!(lines, ["1 a: ok", "1 b: ok"]);
    assert_eq!(report.recap["a"].ok, 1);
    assert_eq!(report.recap["a"].changed, 0);
}

#[tokio::test]
async fn check_mode_changes_nothing_and_predicts() {
    let hosts = [("a", FakeHost::new())];
    let options = Options {
        check: true,
        ..Options::default()
    };
    let (_, lines) = run(&hosts, options, vec![motd()]).await;
    assert_eq!(lines, ["1 a: changed"]);
    assert_eq!(hosts[0].1.content("/etc/motd"), None);
}

#[tokio::test]
async fn registered_results_and_facts_reach_later_tasks() {
    let hosts = [("a", FakeHost::new().file("/etc/there", "x"))];
    let tasks = vec![
        TaskSpec::module("look", &json!({ "path": "/etc/there" })).register("there"),
        TaskSpec::module(
            "set_fact",
            &json!({ "word": "{{ 'is' if there.exists else 'is not' }}" }),
        ),
        TaskSpec::module(
            "write",
            &json!({ "path": "/etc/answer", "content": "it {{ word }} there\n" }),
        ),
        TaskSpec::module("fail", &json!({ "msg": "never" })).when("word == 'is not'"),
    ];
    let (report, lines) = run(&hosts, Options::default(), tasks).await;
    assert_eq!(
        lines,
        ["1 a: ok", "2 a: ok", "3 a: changed", "4 a: skipped"],
        "{report:?}"
    );
    assert_eq!(
        hosts[0].1.content("/etc/answer").as_deref(),
        Some("it is there\n")
    );
}

#[tokio::test]
async fn a_host_that_fails_leaves_the_play_and_the_others_go_on() {
    let hosts = [("a", FakeHost::new()), ("b", FakeHost::new())];
    let tasks = vec![
        TaskSpec::module("fail", &json!({ "msg": "no" })).when("inventory_hostname == 'a'"),
        motd(),
    ];
    let (report, lines) = run(&hosts, Options::default(), tasks).await;
    assert_eq!(
        lines,
        ["1 a: failed: \"no\"", "1 b: skipped", "2 b: changed"]
    );
    assert_eq!(report.recap["a"].failed, 1);
    assert!(!report.success());
}

#[tokio::test]
async fn what_lies_beyond_a_host_is_asked_once_for_each_task_and_nothing_else_again() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = asked.clone();
    let host = FakeHost::new().queries(
        |command| ["api", "own"].contains(&&*command.line()),
        move |_, command| {
            kept.lock().unwrap().push(command.line());
            Output::default()
        },
    );
    let ask = |beyond: bool| TaskSpec::module("ask", &json!({ "beyond": beyond }));
    let tasks = vec![ask(false), ask(true), ask(false), ask(true), ask(false)];
    let (report, _) = run(&[("a", host)], Options::default(), tasks).await;
    assert!(report.success());
    assert_eq!(*asked.lock().unwrap(), ["own", "api", "api"]);
}

//! Many hosts in memory: what the controller itself costs.

use k8sbm_core::{
    connection::{Connection, FakeHost},
    event::{Event, Outcome, Sink},
    host::Output,
    inventory::Inventory,
    playbook::{Play, Playbook, TaskSpec},
    run::{Connector, Options, Report, Runner, Way},
};
use serde_json::json;
use std::sync::Arc;

/// Gives every host its own twin of one host in memory.
struct Twins(FakeHost);

impl Connector for Twins {
    fn connect(&self, _: &Way) -> Result<Arc<dyn Connection>, String> {
        Ok(Arc::new(self.0.twin()))
    }
}

/// A hundred tasks as playbooks have them: files, links, conditions, facts and messages.
fn tasks(count: usize) -> Vec<TaskSpec> {
    let task = |at: usize| match at % 5 {
        0 => TaskSpec::module(
            "file",
            &json!({ "path": format!("/etc/app/{at}"), "state": "directory", "mode": "0755" }),
        ),
        1 => TaskSpec::module(
            "copy",
            &json!({ "dest": format!("/etc/app-{at}"), "content": format!("{at} {{{{ inventory_hostname }}}}\n") }),
        ),
        2 => TaskSpec::module(
            "set_fact",
            &json!({ format!("value_{at}"): "{{ inventory_hostname | upper }}" }),
        ),
        3 => TaskSpec::module(
            "debug",
            &json!({ "msg": format!("{{{{ value_{} }}}}", at - 1) }),
        ),
        _ => TaskSpec::module("fail", &json!({ "msg": "never" }))
            .when("inventory_hostname == 'nobody'"),
    };
    (0..count).map(task).collect()
}

/// Shows failures, which would make the numbers worthless.
struct Failures;

impl Sink for Failures {
    fn event(&self, event: &Event) {
        if let Event::HostFinished(finished) = event {
            assert!(
                !matches!(finished.outcome, Outcome::Failed { .. }),
                "{finished:?}"
            );
        }
    }
}

/// Who the fake host says the login is: root, as the file modules ask it.
fn identity() -> Output {
    Output {
        status: 0,
        stdout: b"0\n0\nroot\nroot\n0022\n/root\n/root\n".to_vec(),
        stderr: Vec::new(),
    }
}

/// Runs `tasks` tasks on `hosts` hosts that are in memory.
pub async fn run(hosts: usize, tasks_each: usize) -> Report {
    let mut inventory = Inventory::new();
    for host in 0..hosts {
        inventory.add_host(&format!("node-{host:05}"), &[], Default::default());
    }
    let host = FakeHost::new().queries(|_| true, |_, _| identity());
    let ready = Runner::new(inventory, k8sbm_tasks::registry(), Arc::new(Twins(host)))
        .options(Options::default())
        .sink(Arc::new(Failures))
        .ready(None)
        .expect("an inventory without files can be read");
    let play = Arc::new(Play::of("all", tasks(tasks_each)));
    ready
        .run(&[(
            "scale".to_owned(),
            Playbook {
                plays: vec![play],
                warnings: Vec::new(),
            },
        )])
        .await
}

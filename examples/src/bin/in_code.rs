//! An inventory and tasks built in code, without YAML; prints what happened from the events.
//!
//! Usage: `in_code DIRECTORY`. It runs on this machine, and writes into the directory only.

use k8sbm_core::{
    event::{Event, Sink},
    inventory::Inventory,
    node::vars,
    playbook::{Play, Playbook, TaskSpec},
    run::{Connections, Options, Runner},
};
use serde_json::json;
use std::sync::Arc;

/// Prints a line for every task that ended on a host.
struct Lines;

impl Sink for Lines {
    #[expect(
        clippy::print_stdout,
        reason = "a program may print, the library does not"
    )]
    fn event(&self, event: &Event) {
        if let Event::HostFinished(finished) = event {
            println!("{}: {:?}", finished.host, finished.outcome);
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let directory = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "/tmp/k8sbm-example".into());

    let mut inventory = Inventory::new();
    for name in ["alpha", "beta"] {
        inventory.add_host(
            name,
            &["control_plane"],
            vars([("ansible_connection", "local".into())]),
        );
    }

    let tasks = [
        TaskSpec::module("file", &json!({ "path": directory, "state": "directory" }))
            .named("Make the directory"),
        TaskSpec::module(
            "copy",
            &json!({
                "dest": format!("{directory}/{{{{ inventory_hostname }}}}"),
                "content": "one of {{ groups['control_plane'] | join(', ') }}\n",
            }),
        )
        .named("Say who is there"),
    ];
    let play = Arc::new(Play::of("control_plane", tasks));

    let options = Options::default();
    let connections = Arc::new(Connections::new(&options));
    let run = Runner::new(inventory, k8sbm_tasks::registry(), connections)
        .options(options)
        .sink(Arc::new(Lines))
        .ready(None)?;
    let report = run
        .run(&[(
            "in code".into(),
            Playbook {
                plays: vec![play],
                ..Playbook::default()
            },
        )])
        .await;
    anyhow::ensure!(report.success(), "a host failed");
    Ok(())
}

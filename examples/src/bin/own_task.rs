//! A task of one's own, and a playbook that uses it.
//!
//! Usage: `own_task PLAYBOOK`. It runs on this machine.

use k8sbm_core::{
    inventory::Inventory,
    run::{Connections, Options, Runner},
    task::{Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{path::PathBuf, sync::Arc};

/// Sets the message that users see when they log in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Motd {
    /// The message; a line end is added.
    text: String,
    /// The file it stands in.
    #[serde(default = "etc_motd")]
    path: String,
}

fn etc_motd() -> String {
    "/etc/motd".into()
}

impl Task for Motd {
    const NAME: &'static str = "motd";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        plan.file(host, &self.path, format!("{}\n", self.text))
            .await?;
        Ok(plan)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let playbook = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "motd.yml".into()));
    let options = Options::default();
    let connections = Arc::new(Connections::new(&options));
    let registry = k8sbm_tasks::registry().with::<Motd>();
    let run = Runner::new(Inventory::new(), registry, connections)
        .options(options)
        .ready(playbook.parent())?;
    let plays = match run.load(&playbook) {
        Ok(plays) => plays,
        Err(mistakes) => anyhow::bail!(
            "{}",
            mistakes
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        ),
    };
    let report = run.run(&[(playbook.display().to_string(), plays)]).await;
    anyhow::ensure!(report.success(), "a host failed: {:?}", report.recap);
    print_recap(&report);
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "a program may print, the library does not"
)]
fn print_recap(report: &k8sbm_core::run::Report) {
    for (host, recap) in &report.recap {
        println!("{host}: ok={} changed={}", recap.ok, recap.changed);
    }
}

//! Runs small playbooks on hosts in memory, and says what happened.

use k8sbm_core::{
    connection::{Connection, FakeHost},
    event::{Event, Outcome, Sink, TaskId},
    host::{Command, Output},
    inventory::Inventory,
    run::{Connector, Gathering, Options, Report, Runner, Way},
    vault::VaultSecrets,
};
use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

/// Every host is one in memory with nothing on it.
struct Fakes;

impl Connector for Fakes {
    fn connect(&self, _: &Way) -> Result<Arc<dyn Connection>, String> {
        // As whom it acts, as tasks that write files ask.
        let root = |_: &FakeHost, _: &Command| Output {
            stdout: b"0\n0\nroot\nroot\n0022\n/\n/root\n".to_vec(),
            ..Output::default()
        };
        let asks = |command: &Command| command.line().contains("umask");
        Ok(Arc::new(FakeHost::new().queries(asks, root)))
    }
}

/// Keeps a line for everything that ended on a host: `name host outcome message`.
#[derive(Default)]
struct Lines {
    names: Mutex<HashMap<TaskId, String>>,
    lines: Mutex<Vec<String>>,
}

impl Sink for Lines {
    fn event(&self, event: &Event) {
        match event {
            Event::TaskStarted(task) => {
                self.names
                    .lock()
                    .unwrap()
                    .insert(task.id, task.name.to_string());
            }
            Event::HostFinished(finished) => {
                let word = match &finished.outcome {
                    Outcome::Ok => "ok".into(),
                    Outcome::Changed => "changed".into(),
                    Outcome::Skipped { .. } => "skipped".into(),
                    Outcome::Failed { ignored: true } => "ignored".into(),
                    Outcome::Failed { .. } => "failed".into(),
                    Outcome::Blocked { by } => format!("blocked by {by}"),
                    other => format!("{other:?}"),
                };
                let said = finished
                    .result
                    .get("msg")
                    .and_then(|msg| msg.as_str())
                    .unwrap_or_default();
                let name = self.names.lock().unwrap()[&finished.task].clone();
                let line = format!("{name} {} {word} {said}", finished.host);
                self.lines.lock().unwrap().push(line.trim_end().to_owned());
            }
            Event::Broken { diagnostic } => self
                .lines
                .lock()
                .unwrap()
                .push(format!("broken: {diagnostic}")),
            Event::PlayStarted { name, hosts, .. } => {
                self.lines
                    .lock()
                    .unwrap()
                    .push(format!("PLAY {name}: {}", hosts.join(" ")));
            }
            _ => {}
        }
    }
}

pub async fn run_in(directory: &Path, hosts: &[&str], options: Options) -> (Report, Vec<String>) {
    perform(directory, hosts, options, VaultSecrets::new()).await
}

async fn perform(
    directory: &Path,
    hosts: &[&str],
    options: Options,
    secrets: VaultSecrets,
) -> (Report, Vec<String>) {
    let mut inventory = Inventory::new();
    for host in hosts {
        inventory.add_host(host, &["group_of_all"], Default::default());
    }
    let lines = Arc::new(Lines::default());
    let ready = Runner::new(inventory, k8sbm_tasks::registry(), Arc::new(Fakes))
        .options(Options {
            gathering: Gathering::Explicit,
            ..options
        })
        .reading(secrets)
        .sink(lines.clone())
        .ready(Some(directory))
        .unwrap();
    let path = directory.join("play.yml");
    let playbook = ready
        .load(&path)
        .unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    let report = ready.run(&[("play.yml".into(), playbook)]).await;
    let lines = lines.lines.lock().unwrap().clone();
    (report, lines)
}

pub async fn run(hosts: &[&str], yaml: &str) -> (Report, Vec<String>) {
    run_files(hosts, &[("play.yml", yaml)]).await
}

pub async fn run_files(hosts: &[&str], files: &[(&str, &str)]) -> (Report, Vec<String>) {
    let directory = written(files);
    run_in(directory.path(), hosts, Options::default()).await
}

/// On one host, with passwords for what is encrypted.
pub async fn run_with(secrets: VaultSecrets, files: &[(&str, &str)]) -> (Report, Vec<String>) {
    let directory = written(files);
    perform(directory.path(), &["a"], Options::default(), secrets).await
}

/// A directory with these files.
pub fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

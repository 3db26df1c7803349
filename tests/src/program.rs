//! `k8sbm` itself, driven as its users drive it.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The workspace.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The program, built when the first test asks for it.
pub fn path() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let own = std::env::current_exe().expect("a program knows its own path");
        // target/PROFILE/deps/TEST, or target/PROFILE/PROGRAM
        let folder = own.parent().expect("programs lie in a folder of cargo's");
        let directory = match folder.parent() {
            Some(above) if folder.ends_with("deps") => above,
            _ => folder,
        };
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "k8sbm-cli"]);
        build.current_dir(ROOT).arg("--target-dir");
        build.arg(directory.parent().expect("the folder of all profiles"));
        if directory.ends_with("release") {
            build.arg("--release");
        }
        let built = build.status().expect("cargo starts");
        assert!(built.success(), "k8sbm-cli is not built: {built}");
        directory.join("k8sbm")
    })
}

/// What a run told, from its JSON lines.
#[derive(Debug)]
pub struct Told {
    /// Whether it exited with 0.
    pub success: bool,
    /// How each task ended on each host; of one that ran there more than once, what weighs most.
    pub ends: BTreeMap<End, String>,
    /// The numbers of the recap, by host.
    pub recap: BTreeMap<String, BTreeMap<String, u64>>,
    /// How long it took.
    pub seconds: f64,
    /// For how long of it hosts were at work.
    pub working: f64,
    /// For how long of it no host was at work, and some were looked at.
    pub looking: f64,
    /// What went wrong, to be read.
    pub troubles: Vec<String>,
}

/// How much an end weighs beside another of the same task on the same host.
fn weight(outcome: &str) -> u8 {
    match outcome {
        "" => 0,
        "skipped" | "ok" => 1,
        "unknown" => 2,
        "changed" => 3,
        _ => 4,
    }
}

/// A task on a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The host.
    pub host: String,
    /// The task's name.
    pub task: String,
    /// Its place, `file:line:column`.
    pub place: String,
}

impl Told {
    /// Runs `k8sbm` with arguments that make it run a playbook, and listens.
    ///
    /// # Panics
    /// When it does not start, or tells no JSON.
    pub fn by(arguments: &[&str]) -> Self {
        let output = Command::new(path())
            .args(arguments)
            .args(["--output", "json"])
            .current_dir(ROOT)
            .stdin(Stdio::null())
            .output()
            .expect("k8sbm starts");
        let mut told = Self {
            success: output.status.success(),
            ends: BTreeMap::new(),
            recap: BTreeMap::new(),
            seconds: 0.0,
            working: 0.0,
            looking: 0.0,
            troubles: Vec::new(),
        };
        let mut tasks = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let event: Json =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            told.hear(&event, &mut tasks);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        if !told.success {
            told.troubles.push(errors.into_owned());
        }
        told
    }

    fn hear(&mut self, event: &Json, tasks: &mut BTreeMap<u64, (String, String)>) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str() {
            Some("task_started") => {
                let id = event["id"].as_u64().expect("tasks have numbers");
                tasks.insert(id, (text("name"), text("place")));
            }
            Some("host_finished") => {
                let id = event["task"].as_u64().expect("tasks have numbers");
                let (task, place) = tasks[&id].clone();
                let (host, outcome) = (text("host"), text("outcome"));
                if ["failed", "unreachable", "blocked"].contains(&outcome.as_str()) {
                    let trouble = format!("{host}: {task} {outcome}: {}", event["result"]);
                    self.troubles.push(trouble);
                }
                let known = self.ends.entry(End { host, task, place }).or_default();
                if weight(&outcome) >= weight(known) {
                    *known = outcome;
                }
            }
            Some("broken") => self.troubles.push(event.to_string()),
            Some("run_finished") => {
                let spent = |pointer| event.pointer(pointer).and_then(Json::as_f64);
                self.seconds = spent("/seconds").unwrap_or_default();
                self.working = spent("/spent/working").unwrap_or_default();
                self.looking = spent("/spent/looking").unwrap_or_default();
                self.recap = serde_json::from_value(event["recap"].clone())
                    .expect("the recap is numbers by host");
            }
            _ => {}
        }
    }

    /// What this run, a check, said otherwise than a run then did it. What it called unknown may be either.
    pub fn mistook(&self, run: &Self) -> Vec<String> {
        let how = |told: &Self, end: &End| {
            let how = told.ends.get(end).map_or("nothing", String::as_str);
            match how {
                "nothing" | "skipped" | "ok" => "ok".to_owned(),
                how => how.to_owned(),
            }
        };
        let all: BTreeSet<&End> = self.ends.keys().chain(run.ends.keys()).collect();
        let said = all
            .into_iter()
            .map(|end| (end, how(self, end), how(run, end)));
        said.filter(|(_, check, run)| check != "unknown" && check != run)
            .map(|(end, check, run)| {
                let End { host, task, place } = end;
                format!("{host}: {task} ({place}): {check} was said, {run} it was")
            })
            .collect()
    }

    /// What ended as `outcome`.
    pub fn ended<'a>(&'a self, outcome: &'a str) -> impl Iterator<Item = &'a End> {
        let ends = self.ends.iter();
        ends.filter_map(move |(end, how)| (how == outcome).then_some(end))
    }

    /// Fails the test unless all went well.
    ///
    /// # Panics
    /// With what went wrong.
    #[track_caller]
    pub fn expect_success(self, what: &str) -> Self {
        assert!(
            self.success && self.troubles.is_empty(),
            "{what}:\n{}",
            self.troubles.join("\n")
        );
        self
    }
}

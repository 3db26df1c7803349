//! The four laws that every module keeps, and the cases in `laws/` that hold them to it.
//!
//! 1. Planning changes nothing on the host.
//! 2. Applied, then planned again, a plan is empty.
//! 3. What the plan said would change is what changed.
//! 4. The same plan twice is the same to the byte.

use crate::snapshot::Snapshot;
use k8sbm_core::{
    diagnostic::Diagnostic,
    host::{Command, Host},
    node::{Entry, Kind, Map, Node, Reading, from_node},
    task::{Act, Erased, Plan, Probe, Registry, Result},
};
use serde::Deserialize;
use std::{fs, path::Path, path::PathBuf, sync::Arc};

/// Where the cases are: a file for each module.
pub const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/laws");

/// One case: a task, and what is to be known of the host it meets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is shown by it.
    pub title: String,
    /// Scripts that are run on the host before.
    #[serde(default)]
    pub prepare: Vec<String>,
    /// What the host must have that a bare one has not.
    #[serde(default)]
    pub needs: Option<Need>,
    /// The task: a module with its arguments.
    pub task: Node,
    /// Whether it acts each time, as commands do.
    #[serde(default)]
    pub acts: bool,
    /// Whether it finds something to change.
    #[serde(default = "yes")]
    pub changes: bool,
    /// Paths, with all below, that change whatever the module does.
    #[serde(default)]
    pub vary: Vec<String>,
    /// Scripts that must succeed on the host afterwards.
    #[serde(default)]
    pub check: Vec<String>,
}

/// What only some hosts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Kubernetes' own programs, which `K8SBM_ARTIFACTS` names a directory of.
    Kubernetes,
    /// Loop devices, which are the machine's own: a case that is the last to use one gives it back.
    Loop,
    /// The kernel's device mapper, without which LVM only writes down what it would do.
    Mapper,
}

fn yes() -> bool {
    true
}

/// The cases of every module, with the file each is from, in the order of their names.
///
/// # Panics
/// When a file cannot be read as cases.
pub fn cases(only: Option<&str>) -> Vec<(String, Vec<Case>)> {
    let listed = fs::read_dir(CASES).unwrap_or_else(|error| panic!("{CASES}: {error}"));
    let mut files: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == "yml"))
        .collect();
    files.sort();
    let named = |path: &PathBuf| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let wanted = |name: &str| only.is_none_or(|only| only.split(',').any(|it| it == name));
    let files = files.iter().map(|path| (named(path), path));
    files
        .filter(|(name, _)| wanted(name))
        .map(|(name, path)| (name, read(path)))
        .collect()
}

fn read(path: &Path) -> Vec<Case> {
    let node = Reading::default()
        .variables_in(path)
        .unwrap_or_else(|error| panic!("{}", placed(&error)));
    from_node(&node).unwrap_or_else(|error| panic!("{}", placed(&error)))
}

fn placed(error: &Diagnostic) -> String {
    let place = error
        .labels
        .first()
        .map(|label| format!("{}: ", label.span));
    format!("{}{error}", place.unwrap_or_default())
}

/// Holds one case against the laws; says which it breaks, and how.
///
/// # Errors
/// When the host or the task fails.
pub async fn hold(registry: &Registry, probe: &Probe, case: &Case) -> Result<Vec<String>> {
    let host = Host::new(probe.clone());
    for script in &case.prepare {
        host.check(Command::shell(script.clone())).await?;
    }
    let task = parse(registry, &case.task);
    let mut broken = Vec::new();

    let before = Snapshot::of(&host).await?;
    let plan = task.plan(host.probe()).await?;
    let again = task.plan(host.probe()).await?;
    let moved = Snapshot::of(&host).await?.since(&before, &case.vary);
    if !moved.is_empty() {
        broken.push(format!("planning changed {moved:#?}"));
    }
    let (one, other) = (print(&plan), print(&again));
    if one != other {
        let lines = one
            .lines()
            .zip(other.lines())
            .filter(|(one, other)| one != other);
        broken.push(format!(
            "two plans differ: {:#?}",
            lines.collect::<Vec<_>>()
        ));
    }
    if plan.is_empty() == case.changes {
        broken.push(format!(
            "it should {}find something to change:\n{}",
            if case.changes { "" } else { "not " },
            steps(&plan)
        ));
    }

    let (empty, files) = (plan.is_empty(), files(&plan));
    plan.apply(&host).await?;
    let moved = Snapshot::of(&host).await?.since(&before, &case.vary);
    broken.extend(unforeseen(empty, case.acts, files, &moved));

    if !case.acts {
        let third = task.plan(host.probe()).await?;
        if !third.is_empty() {
            broken.push(format!(
                "after it was applied it still wants\n{}",
                print(&third)
            ));
        }
    }
    for script in &case.check {
        let output = host.run(Command::shell(script.clone())).await?;
        if !output.success() {
            broken.push(format!(
                "`{script}` failed: {}{}",
                output.text(),
                output.error_text()
            ));
        }
    }
    Ok(broken)
}

/// What changed without having been said, or was said and did not change.
fn unforeseen(
    empty: bool,
    acts: bool,
    files: Option<Vec<String>>,
    moved: &[String],
) -> Vec<String> {
    let mut broken = Vec::new();
    if empty && !moved.is_empty() {
        broken.push(format!(
            "it said that nothing would change, and changed {moved:#?}"
        ));
    }
    if !empty && moved.is_empty() && !acts {
        broken.push("it said that something would change, and nothing did".into());
    }
    // Where all steps are changes of files, each path is known beforehand.
    for path in files.into_iter().flatten() {
        if !moved.iter().any(|it| it.starts_with(&path)) && !acts {
            broken.push(format!(
                "it said that {path} would change, and it did not: {moved:#?}"
            ));
        }
    }
    broken
}

/// The paths of a plan that changes nothing but files.
fn files(plan: &Plan) -> Option<Vec<String>> {
    let path = |act: &Act| match act {
        Act::File(change) => Some(change.path().to_owned()),
        _ => None,
    };
    plan.steps.iter().map(|step| path(&step.act)).collect()
}

fn print(plan: &Plan) -> String {
    serde_json::to_string_pretty(plan).expect("a plan can be printed")
}

/// What a plan would do, without what it returns.
fn steps(plan: &Plan) -> String {
    serde_json::to_string_pretty(&plan.steps).expect("a plan can be printed")
}

fn parse(registry: &Registry, task: &Node) -> Arc<dyn Erased> {
    let named = task.as_map().into_iter().flatten();
    let mut named = named.filter_map(|(key, entry)| Some((registry.get(key)?, &entry.value)));
    let (module, given) = named
        .next()
        .unwrap_or_else(|| panic!("{task:?} names no module"));
    let given = match module.free_form {
        Some(argument) if given.as_map().is_none() => {
            let entry = Entry {
                key: given.span.clone(),
                value: given.clone(),
            };
            Node::at(
                Kind::Map(Map::from_iter([(argument.into(), entry)])),
                given.span.clone(),
            )
        }
        _ if given.is_null() => Node::at(Kind::Map(Map::new()), given.span.clone()),
        _ => given.clone(),
    };
    module
        .parse(&given)
        .unwrap_or_else(|error| panic!("{}", placed(&error)))
}

//! For tests: playbooks from texts, and an outline of what was read.

use super::{Handler, Include, Loader, NeedScope, Play, Playbook, Statement, Step, TaskSpec};
use crate::{
    controller::LocalController,
    diagnostic::Diagnostic,
    node::Node,
    task::{Plan, Probe, Registry, Result, Task},
    template::{Compat, Engine},
    vars::{Layer, Level, Names},
};
use std::{collections::BTreeMap, fmt::Write, fs, sync::Arc};
use tempfile::TempDir;

/// Says something.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Debug {
    /// What to say.
    #[serde(default)]
    msg: Option<Node>,
    /// How loud.
    #[serde(default)]
    verbosity: u32,
}

impl Task for Debug {
    const NAME: &'static str = "debug";

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        Ok(Plan::default())
    }
}

/// Runs a command.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Command {
    /// The command.
    cmd: String,
    /// Where.
    chdir: Option<String>,
    /// Not if this exists.
    creates: Option<String>,
}

impl Task for Command {
    const NAME: &'static str = "command";
    const FREE_FORM: Option<&'static str> = Some("cmd");

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        Ok(Plan::default())
    }
}

/// Checks arguments of roles.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[allow(dead_code)]
pub(super) struct ValidateArgumentSpec {
    argument_spec: Node,
}

impl Task for ValidateArgumentSpec {
    const NAME: &'static str = "validate_argument_spec";
    const UNTEMPLATED: &'static [&'static str] = &["argument_spec"];

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        Ok(Plan::default())
    }
}

/// A directory of files.
pub(super) struct Files(TempDir);

impl Files {
    /// Files from a text in which `== path` begins each.
    pub(super) fn new(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for file in text.split("\n== ").skip(1) {
            let (name, text) = file.split_once('\n').unwrap_or((file, ""));
            let path = directory.path().join(name.trim());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(directory)
    }

    pub(super) fn loader(&self) -> Loader {
        let engine = Engine::new(Compat::V2_19, Arc::new(LocalController::default()));
        let extra = Layer::new(Level::Extra, "extra vars", Names::new());
        let registry = Registry::default()
            .builtin::<Debug>()
            .builtin::<Command>()
            .builtin::<ValidateArgumentSpec>();
        Loader::new(Arc::new(registry), Arc::new(engine), Arc::new(extra))
            .with_roles_path(vec![self.0.path().join("shared")])
            .with_collections_path(vec![self.0.path().to_owned()])
    }

    /// Loads `site.yml`.
    pub(super) fn playbook(&self) -> std::result::Result<Playbook, Vec<Diagnostic>> {
        self.loader().playbook(&self.0.path().join("site.yml"))
    }

    /// The outline of `site.yml`, or what is wrong with it.
    pub(super) fn outline(&self) -> String {
        let text = match self.playbook() {
            Ok(playbook) => {
                let warnings = said("warning: ", &playbook.warnings);
                playbook
                    .plays
                    .iter()
                    .map(|play| play_outline(play))
                    .collect::<String>()
                    + &warnings
            }
            Err(errors) => said("", &errors),
        };
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// The outline of a playbook in one or more files.
pub(super) fn outline(text: &str) -> String {
    Files::new(text).outline()
}

pub(super) fn said(before: &str, diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics
        .iter()
        .map(|diagnostic| format!("{before}{diagnostic}\n"));
    lines.collect()
}

fn play_outline(play: &Play) -> String {
    let mut text = format!("play {}\n", brief(&play.name));
    for (section, steps) in &play.sections {
        writeln!(text, " {section:?}").unwrap();
        text += &steps_outline(steps, 2);
    }
    if !play.handlers.is_empty() {
        text += " Handlers\n";
        text += &handlers_outline(&play.handlers);
    }
    text
}

pub(super) fn handlers_outline(handlers: &[Handler]) -> String {
    let line = |handler: &Handler| {
        let listen = match handler.listen.as_slice() {
            [] => String::new(),
            topics => format!(" listen={}", topics.join(",")),
        };
        format!("  {}{listen}\n", task_outline(&handler.task))
    };
    handlers.iter().map(line).collect()
}

pub(super) fn steps_outline(steps: &[Step], depth: usize) -> String {
    let mut text = String::new();
    let indent = " ".repeat(depth);
    for step in steps {
        match step {
            Step::Task(task) => writeln!(text, "{indent}{}", task_outline(task)).unwrap(),
            Step::Block(block) => {
                let name = block
                    .name
                    .as_ref()
                    .map_or("", |name| name.as_str().unwrap());
                let what = if block.role.is_some() {
                    "role"
                } else {
                    "block"
                };
                let id = block
                    .id
                    .as_ref()
                    .map_or(String::new(), |id| format!(" id={id}"));
                writeln!(text, "{indent}{what} {name}{id}").unwrap();
                text += &steps_outline(&block.block, depth + 1);
                for (part, steps) in [("rescue", &block.rescue), ("always", &block.always)] {
                    if !steps.is_empty() {
                        writeln!(text, "{indent}{part}").unwrap();
                        text += &steps_outline(steps, depth + 1);
                    }
                }
            }
        }
    }
    text
}

/// A task in a line: what it does, and all that is said of it.
pub(super) fn task_outline(task: &TaskSpec) -> String {
    let mut parts = vec![match &task.statement {
        Statement::Module(action) => format!("{} {}", action.module, brief(&action.arguments)),
        Statement::Include(Include { kind, target, .. }) => {
            format!("include {kind:?} {}", brief(target))
        }
        Statement::Meta(meta) => format!("meta {meta:?}"),
    }];
    let mut part = |name: &str, value: Option<String>| {
        parts.extend(value.map(|value| format!("{name}={value}")));
    };
    let node = |node: &Option<Node>| node.as_ref().map(brief);
    let list = |nodes: &[Node]| {
        let items: Vec<String> = nodes.iter().map(brief).collect();
        (!items.is_empty()).then(|| items.join(" & "))
    };
    part("name", node(&task.name));
    part("when", list(&task.when));
    let tags: Vec<&str> = task.tags.iter().map(|tag| &**tag).collect();
    part("tags", (!tags.is_empty()).then(|| tags.join(",")));
    part(
        "loop",
        task.repeat.as_ref().map(|repeat| {
            format!(
                "{}{}",
                repeat.lookup.as_deref().unwrap_or(""),
                brief(&repeat.items)
            )
        }),
    );
    part("register", node(&task.register));
    part("notify", list(&task.notify));
    part("become", node(&task.r#become.enabled));
    part("become_user", node(&task.r#become.user));
    part("delegate_to", node(&task.delegate_to));
    part("run_once", node(&task.run_once));
    part("environment", list(&task.environment));
    part("ignore_errors", node(&task.ignore_errors));
    part("remote_user", node(&task.remote_user));
    part(
        "role",
        task.context.role.as_ref().map(|role| role.name.to_string()),
    );
    let parents: Vec<&str> = task
        .context
        .parents
        .iter()
        .map(|role| &*role.name)
        .collect();
    part("parents", (!parents.is_empty()).then(|| parents.join("/")));
    part(
        "needs",
        task.needs.as_ref().map(|needs| {
            let ids: Vec<String> = needs
                .iter()
                .map(|need| match &need.on {
                    NeedScope::SameHost => need.id.to_string(),
                    NeedScope::All => format!("{}@all", need.id),
                    NeedScope::Hosts(hosts) => format!("{}@{}", need.id, brief(hosts)),
                })
                .collect();
            ids.join(",")
        }),
    );
    part("id", task.id.as_ref().map(ToString::to_string));
    part("vars", seen(task));
    parts.join("; ")
}

/// The variables that the layers of a task give, the winning ones.
fn seen(task: &TaskSpec) -> Option<String> {
    let mut vars = BTreeMap::new();
    for layer in &task.context.layers {
        for (name, variable) in &layer.vars {
            vars.insert(name.clone(), brief(variable.node().unwrap()));
        }
    }
    let vars: Vec<String> = vars
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    (!vars.is_empty()).then(|| vars.join(","))
}

fn brief(node: &Node) -> String {
    node.to_text().unwrap_or_else(|| node.to_json().to_string())
}

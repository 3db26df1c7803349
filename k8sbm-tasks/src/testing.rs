//! Modules by name on hosts that are not there, for the tests of all families.

use k8sbm_core::{
    connection::{Connection, FakeHost, Local},
    diagnostic::Diagnostic,
    host::Host,
    node::{Node, Source, load_one},
    task::{
        Controller, Erased, Error, FileSearch, LocalStat, Plan, Probe, Result, Returns,
        TemplateOptions,
    },
};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// Arguments in YAML.
pub(crate) fn arguments(yaml: &str) -> Node {
    read("task.yml", yaml)
}

fn read(name: &str, yaml: &str) -> Node {
    let source = Arc::new(Source {
        name: name.into(),
        text: yaml.into(),
    });
    load_one(&source).unwrap()
}

/// A task of a module.
pub(crate) fn parse(module: &str, yaml: &str) -> Result<Arc<dyn Erased>, Diagnostic> {
    let registry = crate::registry();
    registry.get(module).unwrap().parse(&arguments(yaml))
}

/// Why a module refuses its arguments.
pub(crate) fn refusal(module: &str, yaml: &str) -> Diagnostic {
    let parsed = parse(module, yaml);
    parsed
        .err()
        .unwrap_or_else(|| panic!("{module} takes {yaml}"))
}

/// What a task plans that asks nothing of its host.
pub(crate) async fn plan(module: &str, yaml: &str) -> Result<Plan> {
    plan_on(&nowhere(Desk::default()), module, yaml).await
}

/// What a task plans for a host.
pub(crate) async fn plan_on(host: &Probe, module: &str, yaml: &str) -> Result<Plan> {
    parse(module, yaml).unwrap().plan(host).await
}

/// What a task would do, as a person is told: each step with its diff, warnings, or the error with its hint.
pub(crate) async fn told(host: &Probe, module: &str, yaml: &str) -> String {
    let plan = match plan_on(host, module, yaml).await {
        Ok(plan) => plan,
        Err(error) => {
            let hint = error.hint.as_deref().map(|hint| format!("\nhint: {hint}"));
            return format!("error: {error}{}", hint.unwrap_or_default());
        }
    };
    let mut lines = Vec::new();
    for step in &plan.steps {
        let idle = if step.changes { "" } else { " (no change)" };
        lines.push(format!("{}{idle}", step.summary));
        let diff = step.diff.clone().unwrap_or_default();
        lines.extend(
            diff.before
                .lines()
                .map(|line| format!("- {line}").trim_end().to_owned()),
        );
        lines.extend(
            diff.after
                .lines()
                .map(|line| format!("+ {line}").trim_end().to_owned()),
        );
    }
    lines.extend(plan.warnings.iter().map(|it| format!("warning: {it}")));
    lines.join("\n")
}

/// What `register` sees of a task that is planned and applied.
pub(crate) async fn apply_on(host: &Probe, module: &str, yaml: &str) -> Result<Returns> {
    let plan = plan_on(host, module, yaml).await?;
    plan.apply(&Host::new(host.clone())).await
}

/// A host that nobody may ask, and its controller.
pub(crate) fn nowhere(desk: Desk) -> Probe {
    probe(FakeHost::new(), desk)
}

/// A host and its controller.
pub(crate) fn probe(host: impl Connection + 'static, desk: Desk) -> Probe {
    Probe::of("host", Arc::new(host)).with_controller(Arc::new(desk))
}

/// The machine that the test runs on, for what harms nobody.
pub(crate) fn here() -> Probe {
    probe(Local::new(), Desk::default())
}

/// A controller with these files below `/play`, these variables, and an answer to every prompt.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Contents by path.
    pub(crate) files: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
    /// Variables in YAML.
    pub(crate) variables: &'static str,
    /// What is answered; nobody is there where it is nothing.
    pub(crate) answer: Option<&'static str>,
}

impl Desk {
    /// A controller with these files.
    pub(crate) fn with_files(files: &[(&str, &str)]) -> Self {
        let file = |(name, content): &(&str, &str)| {
            (Path::new("/play").join(name), content.as_bytes().to_vec())
        };
        Self {
            files: Mutex::new(files.iter().map(file).collect()),
            ..Self::default()
        }
    }
}

impl Controller for Desk {
    fn find(&self, _: FileSearch, name: &str) -> Result<PathBuf> {
        let path = Path::new("/play").join(name);
        let found = self
            .files
            .lock()
            .unwrap()
            .keys()
            .any(|file| file.starts_with(&path));
        found
            .then_some(path)
            .ok_or_else(|| Error::failed(format!("there is no file {name}")))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let content = self.files.lock().unwrap().get(path).cloned();
        content.ok_or_else(|| Error::failed(format!("there is no file {}", path.display())))
    }

    fn read_sealed(&self, path: &Path) -> Result<Vec<u8>> {
        self.read(path)
    }

    fn stat(&self, path: &Path) -> Result<LocalStat> {
        let directory = !self.files.lock().unwrap().contains_key(path);
        let mode = if directory { 0o755 } else { 0o640 };
        Ok(LocalStat { mode, directory })
    }

    fn link(&self, _: &Path) -> Result<Option<String>> {
        Ok(None)
    }

    fn walk(&self, directory: &Path) -> Result<Vec<String>> {
        let files = self.files.lock().unwrap();
        let below = files
            .keys()
            .filter_map(|file| file.strip_prefix(directory).ok());
        let folders = below.clone().flat_map(|file| file.ancestors().skip(1));
        let folders = folders.filter(|folder| *folder != Path::new(""));
        let mut all: Vec<_> = folders
            .map(|folder| format!("{}/", folder.display()))
            .collect();
        all.extend(below.map(|file| file.display().to_string()));
        all.sort();
        all.dedup();
        Ok(all)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<()> {
        self.files
            .lock()
            .unwrap()
            .insert(path.to_owned(), content.to_vec());
        Ok(())
    }

    fn render(&self, path: &Path, _: &TemplateOptions, _: &[(&str, &str)]) -> Result<String> {
        Ok(String::from_utf8(self.read(path)?).unwrap())
    }

    fn variables(&self, path: &Path) -> Result<Json> {
        let text = String::from_utf8(self.read(path)?).unwrap();
        Ok(read(&path.display().to_string(), &text).to_json())
    }

    fn variable(&self, name: &str) -> Option<Json> {
        read("variables.yml", self.variables)
            .get(name)
            .map(Node::to_json)
    }

    fn is_delegated(&self) -> bool {
        self.variable("ansible_delegated_vars").is_some()
    }

    fn ask(&self, _: &str, _: bool) -> Result<String> {
        let nobody = || Error::failed("nobody is there");
        self.answer.map(str::to_owned).ok_or_else(nobody)
    }
}

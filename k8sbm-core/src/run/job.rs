//! A task made ready to be run on any host: what is the same for all of them, worked out once.

use super::shared::Shared;
use crate::{
    diagnostic::Diagnostic,
    event::TaskInfo,
    node::{Kind, Node},
    playbook::{Context, Statement, TaskSpec},
    task::{Erased, Module},
    template::Tree,
    vars::{Layer, Magic, SearchPath},
};
use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};
use tokio::sync::Semaphore;

/// A task made ready to be run on any host.
pub(super) struct Job {
    pub spec: Arc<TaskSpec>,
    pub info: Arc<TaskInfo>,
    pub layers: Arc<[Arc<Layer>]>,
    pub magic: Arc<Magic>,
    pub search: SearchPath,
    /// Whether its place sets connection variables, so that what is known of a host does not hold here.
    pub own_ways: bool,
    pub throttle: Option<Arc<Semaphore>>,
    /// What is wrong with it for all hosts.
    pub mistake: Option<Diagnostic>,
    /// The variables of commands' environment as templates see them: a list of mappings.
    pub environment: Option<Tree>,
    /// The task typed once, where its arguments are the same for all hosts.
    pub fixed: OnceLock<Arc<dyn Erased>>,
    /// Whether it looks at its own results while it runs: `_task`, or names that `register` gives to parts of them.
    pub introspects: bool,
}

impl Job {
    pub fn new(
        spec: &Arc<TaskSpec>,
        info: TaskInfo,
        layers: Arc<[Arc<Layer>]>,
        magic: Arc<Magic>,
    ) -> Self {
        let connects = |layer: &Arc<Layer>| {
            layer.level >= crate::vars::Level::Play
                && layer.vars.keys().any(|name| name.starts_with("ansible_"))
        };
        let keyword =
            spec.connection.is_some() || spec.port.is_some() || spec.remote_user.is_some();
        Self {
            own_ways: keyword || spec.delegate_to.is_some() || layers.iter().any(connects),
            search: search(&spec.context),
            throttle: None,
            mistake: None,
            environment: environment(spec),
            spec: spec.clone(),
            info: Arc::new(info),
            layers,
            magic,
            fixed: OnceLock::new(),
            introspects: introspects(spec),
        }
    }

    /// Lets only so many hosts run it at once; 0 lets all.
    #[must_use]
    pub fn throttled(mut self, limit: Result<usize, Diagnostic>) -> Self {
        match limit {
            Ok(0) => {}
            Ok(limit) => self.throttle = Some(Arc::new(Semaphore::new(limit))),
            Err(mistake) => self.mistake = Some(mistake),
        }
        self
    }

    /// Whether what an item of its loop does can be seen by the next, so that they are planned in turn.
    pub fn items_in_turn(&self, shared: &Shared) -> bool {
        use crate::task::Sets;
        if self.spec.repeat.is_none() {
            return false;
        }
        let registered = self.spec.register.as_ref().and_then(Node::as_str);
        let sees = || registered.is_some_and(|name| self.looks().any(|node| mentions(node, name)));
        let sets = match &self.spec.statement {
            Statement::Module(_) => self
                .module(shared)
                .is_none_or(|module| !matches!(module.sets, Sets::Nothing)),
            _ => false,
        };
        sets || self.introspects || sees()
    }

    /// What is rendered for each item.
    fn looks(&self) -> impl Iterator<Item = &Node> {
        let arguments = match &self.spec.statement {
            Statement::Module(action) => Some(&action.arguments),
            Statement::Include(include) => Some(&include.target),
            Statement::Meta(_) => None,
        };
        self.spec.when.iter().chain(arguments)
    }

    /// The module, for a task that runs one by a plain name.
    pub fn module<'a>(&self, shared: &'a Shared) -> Option<&'a Module> {
        match &self.spec.statement {
            Statement::Module(action) => shared.registry.get(&action.module),
            _ => None,
        }
    }

    /// The names that are not known before it has ended: nothing where nobody can say which.
    pub fn sets(&self, shared: &Shared) -> Option<Vec<Arc<str>>> {
        use crate::task::Sets;
        let mut names: Vec<Arc<str>> = Vec::new();
        match &self.spec.register {
            Some(Node {
                kind: Kind::Str(name),
                ..
            }) => names.push(name.clone()),
            Some(Node {
                kind: Kind::Map(map),
                ..
            }) => names.extend(map.keys().cloned()),
            _ => {}
        }
        let Statement::Module(action) = &self.spec.statement else {
            return None;
        };
        match self.module(shared)?.sets {
            Sets::Nothing => {}
            Sets::Anything => return None,
            Sets::Names(known) => names.extend(known.iter().map(|name| Arc::from(*name))),
            Sets::Arguments => {
                let map = action.arguments.as_map()?;
                if map.keys().any(|key| key.contains("{{")) {
                    return None;
                }
                names.extend(map.keys().cloned());
            }
        }
        Some(names)
    }
}

/// The mappings of `environment`, the outermost first, or nothing where there are none.
fn environment(spec: &TaskSpec) -> Option<Tree> {
    let mut all: Vec<Node> = Vec::new();
    for node in &spec.environment {
        match &node.kind {
            Kind::Seq(items) => all.extend(items.iter().cloned()),
            Kind::Null => {}
            _ => all.push(node.clone()),
        }
    }
    let span = all.first()?.span.clone();
    Some(Tree::new(
        &"environment".into(),
        &Node::at(Kind::Seq(all), span),
    ))
}

/// The variable that a task sees its own results under.
pub(super) const OWN: &str = "_task";

fn introspects(spec: &TaskSpec) -> bool {
    let projects = matches!(&spec.register, Some(register) if register.as_map().is_some());
    let control = spec.repeat.as_ref().map(|repeat| &repeat.control);
    let conditions = [&spec.changed_when, &spec.failed_when];
    let until = spec
        .until
        .as_ref()
        .and_then(|until| until.condition.as_ref());
    let mut all = conditions
        .into_iter()
        .flatten()
        .chain(until)
        .chain(control.and_then(|control| control.break_when.as_ref()))
        .chain(&spec.when);
    projects || all.any(|node| mentions(node, OWN))
}

/// Whether a name stands anywhere in a node.
fn mentions(node: &Node, name: &str) -> bool {
    match &node.kind {
        Kind::Str(text) => text.contains(name),
        Kind::Seq(items) => items.iter().any(|item| mentions(item, name)),
        Kind::Map(map) => map.values().any(|entry| mentions(&entry.value, name)),
        _ => false,
    }
}

/// Where files named by a task are looked for: its role, the roles that included it, the file's folder, the playbook's.
fn search(context: &Context) -> SearchPath {
    let mut places: Vec<PathBuf> = Vec::new();
    let roles = context.role.iter().chain(context.parents.iter().rev());
    for place in roles
        .map(|role| &role.path)
        .chain([&context.directory, &context.playbook])
    {
        if !places.contains(place) {
            places.push(place.clone());
        }
    }
    places.into()
}

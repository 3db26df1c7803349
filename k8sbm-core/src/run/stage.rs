//! One play as it is run: its variables, its magic, what of it was asked for.

use super::{job::Job, player::Player, shared::Shared};
use crate::{
    diagnostic::Diagnostic,
    event::TaskInfo,
    graph::TaskNode,
    inventory::Pattern,
    node::Node,
    playbook::{Context, Play, Role, TaskSpec, selected},
    value::{self, Value},
    vars::{HostVars, Layer, Magic, Scope, absolute},
};
use std::{collections::HashSet, sync::Arc};

/// One play as it is run.
pub(super) struct Stage {
    pub play: Arc<Play>,
    /// The play's name, rendered.
    pub name: Arc<str>,
    /// The play's variables, those of its `vars_files` and answers included.
    pub layers: Arc<[Arc<Layer>]>,
    /// Layers that tasks do not know of by themselves: `vars_files` and answers.
    pub late: Vec<Arc<Layer>>,
    pub magic: Arc<Magic>,
    /// The hosts of the play that had not failed when the batch began.
    pub going_on: Vec<Arc<str>>,
    /// All hosts that the play is for, those that take no part any more included.
    pub matched: Arc<[Arc<str>]>,
    pub force_handlers: bool,
    pub max_fail_percentage: Option<u32>,
}

impl Stage {
    /// Lets the play's magic variables tell of the hosts that still take part.
    pub fn without(&self, removed: &HashSet<Arc<str>>, batch: &[Arc<str>]) {
        let staying = |names: &[Arc<str>]| {
            let staying = names.iter().filter(|name| !removed.contains(*name));
            list(&staying.cloned().collect::<Vec<_>>())
        };
        self.magic
            .put("ansible_play_hosts", staying(&self.going_on));
        let batch = staying(batch);
        self.magic.put("ansible_play_batch", batch.clone());
        self.magic.put("play_hosts", batch);
    }

    /// A play before it is run: for listing what is in it.
    pub fn bare(play: &Arc<Play>, shared: &Shared) -> Self {
        Self {
            play: play.clone(),
            name: "".into(),
            layers: play.layers.clone().into(),
            late: Vec::new(),
            magic: shared.magic.clone(),
            going_on: Vec::new(),
            matched: Arc::new([]),
            force_handlers: false,
            max_fail_percentage: None,
        }
    }

    /// What a host sees of the play.
    pub fn scope(&self, shared: &Shared, vars: &Arc<HostVars>, layers: Arc<[Arc<Layer>]>) -> Scope {
        Scope::new(&shared.store, vars)
            .with_layers(layers)
            .with_magic(self.magic.clone())
    }

    /// What a host sees of a task.
    pub fn task_scope(&self, shared: &Shared, vars: &Arc<HostVars>, job: &Job) -> Scope {
        let scope = Scope::new(&shared.store, vars).with_layers(job.layers.clone());
        scope
            .with_magic(job.magic.clone())
            .with_search(job.search.clone())
    }

    /// Whether a keyword that holds for the whole play is on; a template that only hosts can answer is not.
    pub fn is_on(&self, shared: &Shared, switch: &Node) -> bool {
        let nobody = shared.nobody();
        let scope = self.scope(shared, &nobody, self.layers.clone());
        shared.engine.switch(switch, &scope).unwrap_or(false)
    }

    /// Whether the tags that were asked for want a task.
    pub fn wants(&self, spec: &TaskSpec, shared: &Shared) -> bool {
        let options = &shared.options;
        if options.tags.is_empty() && options.skip_tags.is_empty() && !spec.tags.contains("never") {
            return true;
        }
        selected(&self.tags(spec, shared), &options.tags, &options.skip_tags)
    }

    /// The tags of a task, rendered; one that cannot be stays as it was written.
    pub fn tags(&self, spec: &TaskSpec, shared: &Shared) -> Vec<String> {
        let scope = self.scope(shared, &shared.nobody(), self.layers.clone());
        let render = |tag: &Arc<str>| {
            if !tag.contains("{{") {
                return vec![tag.to_string()];
            }
            let node = Node::at(crate::node::Kind::Str(tag.clone()), spec.span.clone());
            match shared.engine.value(&node, &scope) {
                Ok(tags) if tags.kind() == minijinja::value::ValueKind::Seq => tags
                    .try_iter()
                    .into_iter()
                    .flatten()
                    .map(|tag| value::python_str(&tag))
                    .collect(),
                Ok(tag) => value::python_str(&tag)
                    .split(',')
                    .map(|tag| tag.trim().to_owned())
                    .collect(),
                Err(_) => vec![tag.to_string()],
            }
        };
        spec.tags.iter().flat_map(render).collect()
    }

    /// The hosts of the batch that a pattern, or a template of one, means.
    pub fn hosts_named(
        &self,
        shared: &Shared,
        on: &Node,
        scope: &Scope,
        players: &[Arc<Player>],
    ) -> Result<Vec<usize>, Diagnostic> {
        let wanted = shared.engine.value(on, scope);
        let wanted = wanted.map_err(|error| error.placed(&on.span))?;
        let text = match wanted.kind() {
            minijinja::value::ValueKind::Seq => {
                let names: Vec<String> = wanted
                    .try_iter()
                    .into_iter()
                    .flatten()
                    .map(|name| value::python_str(&name))
                    .collect();
                names.join(",")
            }
            _ => value::python_str(&wanted),
        };
        let pattern = Pattern::parse(&text, &on.span)?;
        let names = shared.select(&pattern)?;
        Ok(players
            .iter()
            .enumerate()
            .filter(|(_, player)| names.contains(player.name()))
            .map(|(at, _)| at)
            .collect())
    }

    /// A task made ready for all hosts.
    pub fn job(
        &self,
        node: &TaskNode,
        shared: &Shared,
        first: Option<&Arc<HostVars>>,
    ) -> Option<Job> {
        let spec = node.spec()?;
        let mut layers = spec.context.layers.clone();
        if !self.late.is_empty() {
            layers.extend(self.late.iter().cloned());
            layers.sort_by_key(|layer| layer.level);
        }
        let magic = role_magic(&self.magic, &spec.context);
        let layers: Arc<[Arc<Layer>]> = layers.into();
        let mut name = node.name();
        if let (true, Some(vars)) = (name.contains("{{"), first) {
            let scope = self
                .scope(shared, vars, layers.clone())
                .with_magic(magic.clone());
            let text = Node::at(
                crate::node::Kind::Str(name.as_str().into()),
                spec.span.clone(),
            );
            if let Ok(value) = shared.engine.value(&text, &scope) {
                name = value::python_str(&value);
            }
        }
        let info = TaskInfo {
            id: node.id,
            play: self.name.clone(),
            name: name.into(),
            module: spec.word(),
            place: spec.span.to_string(),
            role: spec.context.role.as_ref().map(|role| role.name.clone()),
            handler: matches!(node.kind, crate::graph::NodeKind::Handler(..)),
            tags: spec.tags.iter().cloned().collect(),
        };
        let limit = match (&spec.throttle, first) {
            (Some(throttle), Some(vars)) => {
                let scope = self.scope(shared, vars, layers.clone());
                limit(shared, throttle, &scope.with_magic(magic.clone()))
            }
            _ => Ok(0),
        };
        Some(Job::new(spec, info, layers, magic).throttled(limit))
    }
}

/// What `throttle` says, as the first host sees it; mistakes in Ansible's words.
fn limit(shared: &Shared, throttle: &Node, scope: &Scope) -> Result<usize, Diagnostic> {
    let wrong = |why: String| {
        let words = format!("Failed to convert the throttle value to an integer: {why}");
        Diagnostic::new(words).label(&throttle.span, "")
    };
    let given = shared.engine.value(throttle, scope).map_err(|error| {
        let said = error.diagnostic().map(|said| said.message.clone());
        wrong(said.unwrap_or_else(|| error.to_string()))
    })?;
    let text = value::python_str(&given);
    let read = text.trim().parse();
    read.map_err(|_| wrong(format!("invalid literal for int(): '{text}'")))
}

fn role_magic(play: &Arc<Magic>, context: &Context) -> Arc<Magic> {
    let Some(role) = &context.role else {
        return play.clone();
    };
    let mut magic = Magic::new(Some(play.clone()))
        .with("role_name", &*role.name)
        .with("ansible_role_name", &*role.name)
        .with("role_path", absolute(&role.path));
    if !context.includers.is_empty() {
        // As in Ansible, the nearest comes first.
        let roles = || context.includers.iter().rev();
        let names: Vec<Value> = roles().map(|role| Value::from(&*role.name)).collect();
        let paths: Vec<Value> = roles()
            .map(|role| Value::from(absolute(&role.path)))
            .collect();
        magic = magic
            .with("ansible_parent_role_names", names)
            .with("ansible_parent_role_paths", paths);
    }
    Arc::new(magic)
}

/// The magic variables of a play; `matched` are all of its hosts, those that failed in plays before included.
pub(super) fn play_magic(
    run: &Arc<Magic>,
    play: &Play,
    name: &str,
    matched: &[Arc<str>],
    alive: &[Arc<str>],
    batch: &[Arc<str>],
) -> Arc<Magic> {
    let roles: Vec<Arc<str>> = play.roles.iter().map(|role| role.name.clone()).collect();
    let mut dependencies = Vec::new();
    for role in &play.roles {
        dependencies_of(role, &mut dependencies);
    }
    let mut all = roles.clone();
    all.extend(dependencies.iter().cloned());
    all.sort_unstable();
    all.dedup();
    let magic = Magic::new(Some(run.clone()))
        .with("ansible_play_name", name)
        .with_live("ansible_play_hosts", list(alive))
        .with("ansible_play_hosts_all", list(matched))
        .with_live("ansible_play_batch", list(batch))
        .with_live("play_hosts", list(batch))
        .with("playbook_dir", absolute(&play.directory))
        .with("role_names", list(&roles))
        .with("ansible_role_names", list(&all))
        .with("ansible_dependent_role_names", list(&dependencies))
        .with("ansible_play_role_names", list(&roles));
    Arc::new(magic)
}

/// The names of all roles that a role depends on, each once.
fn dependencies_of(role: &Role, names: &mut Vec<Arc<str>>) {
    for dependency in &role.dependencies {
        if !names.contains(&dependency.name) {
            names.push(dependency.name.clone());
        }
        dependencies_of(dependency, names);
    }
}

fn list(names: &[Arc<str>]) -> Value {
    Value::from(names.iter().cloned().map(Value::from).collect::<Vec<_>>())
}

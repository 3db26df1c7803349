//! From a task and a host to plans: conditions, items, arguments, looks.

use super::{
    desk::Desk,
    failure::{Cannot, Failure},
    job::Job,
    player::Player,
    shared::Shared,
    ways,
};
use crate::{
    diagnostic::Diagnostic,
    host::{Host, Machine},
    node::{Entry, Kind, Map, Node},
    playbook::{Action, Statement, more, with_defaults},
    task::{Erased, Module, Plan, Probe},
    value::{self, Value},
    vars::Scope,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Plans older than this are made anew: the world moves on without tasks, too.
const FRESH: Duration = Duration::from_secs(10);

/// A task prepared for a host.
pub(super) struct Prepared {
    pub body: Body,
    epoch: u64,
    at: Instant,
}

/// What came of preparing.
pub(super) enum Body {
    /// A task without a loop.
    One(Item),
    /// The items of a loop.
    Loop(Vec<Item>),
}

/// One round of a task: the only one, or one item of a loop.
pub(super) struct Item {
    /// The loop's item, under its variable's name.
    pub value: Option<(Arc<str>, Value)>,
    /// The variables it sees.
    pub scope: Scope,
    pub work: Work,
}

/// What there is to do in one round.
pub(super) enum Work {
    /// A condition does not hold.
    Skip(Skip),
    /// A plan was made.
    Planned(Box<Planned>),
    /// It goes on in the dispatcher: an include, or a word to the run itself.
    Control,
    /// No plan could be made.
    Cannot(Cannot),
    /// Not looked at yet.
    Open,
}

/// Why a round is skipped.
pub(super) struct Skip {
    pub reason: String,
    pub condition: Option<String>,
}

/// A plan with all that is needed to do it.
pub(super) struct Planned {
    pub plan: Plan,
    pub host: Host,
    pub generation: u64,
    pub delegate: Option<Arc<str>>,
    pub always_acts: bool,
}

impl Prepared {
    /// Whether nothing has happened since that could make it untrue.
    pub fn holds(&self, shared: &Shared) -> bool {
        let items = match &self.body {
            Body::One(item) => std::slice::from_ref(item),
            Body::Loop(items) => items,
        };
        self.epoch == shared.epoch() && self.at.elapsed() < FRESH && items.iter().all(Item::holds)
    }

    /// Whether it is worth keeping for the task's turn: nothing failed, nothing is still to come.
    pub fn is_sound(&self) -> bool {
        let items = match &self.body {
            Body::One(item) => std::slice::from_ref(item),
            Body::Loop(items) => items,
        };
        items
            .iter()
            .all(|item| matches!(item.work, Work::Skip(_) | Work::Planned(_)))
    }
}

impl Work {
    /// The machine that a plan was made for.
    pub fn machine(&self) -> Option<&Arc<Machine>> {
        match self {
            Self::Planned(planned) => Some(planned.host.machine()),
            _ => None,
        }
    }
}

impl Item {
    /// Whether its plan was made of what the host still is.
    pub fn holds(&self) -> bool {
        match &self.work {
            Work::Planned(planned) => planned.host.machine().generation() == planned.generation,
            _ => true,
        }
    }
}

/// Prepares tasks for one host.
#[derive(Clone, Copy)]
pub(super) struct Preparing<'a> {
    pub shared: &'a Arc<Shared>,
    pub player: &'a Player,
    pub job: &'a Job,
    /// Whether it is not the task's turn yet.
    pub ahead: bool,
}

impl Preparing<'_> {
    /// Prepares all rounds of a task.
    pub async fn prepare(self, scope: Scope) -> Result<Prepared, Cannot> {
        let (epoch, at) = (self.shared.epoch(), Instant::now());
        let body = match &self.job.spec.repeat {
            None => {
                let work = self.work(&scope).await;
                Body::One(Item {
                    value: None,
                    scope,
                    work,
                })
            }
            Some(_) => {
                let mut items = match self.items(&scope) {
                    Ok(items) => items,
                    Err(error) => return self.without_items(scope, error).await,
                };
                let machine = self
                    .player
                    .machine(|| ways::machine(self.shared, &scope, None))?;
                let works = machine
                    .together(items.iter().map(|item| self.work(&item.scope)))
                    .await;
                for (item, work) in items.iter_mut().zip(works) {
                    item.work = work;
                }
                Body::Loop(items)
            }
        };
        Ok(Prepared { body, epoch, at })
    }

    /// A loop whose items cannot be said is skipped all the same when its condition does not hold.
    async fn without_items(self, scope: Scope, error: Cannot) -> Result<Prepared, Cannot> {
        match self.condition(&scope) {
            Ok(Some(skip)) => {
                let item = Item {
                    value: None,
                    scope,
                    work: Work::Skip(skip),
                };
                Ok(Prepared {
                    body: Body::One(item),
                    epoch: self.shared.epoch(),
                    at: Instant::now(),
                })
            }
            _ => Err(error),
        }
    }

    fn items(self, scope: &Scope) -> Result<Vec<Item>, Cannot> {
        let Some(repeat) = &self.job.spec.repeat else {
            return Ok(Vec::new());
        };
        let engine = &self.shared.engine;
        let values: Vec<Value> = match &repeat.lookup {
            Some(lookup) => engine.with_items(lookup, &repeat.items, scope)?,
            None => {
                let list = engine.value(&repeat.items, scope)?;
                if list.kind() != minijinja::value::ValueKind::Seq {
                    let message = format!(
                        "`loop` takes a list, not {}",
                        crate::template::describe(&list)
                    );
                    return Err(Diagnostic::new(message)
                        .label(&repeat.items.span, "")
                        .help("a mapping becomes a list with `| dict2items`, text with `| split`")
                        .into());
                }
                list.try_iter().into_iter().flatten().collect()
            }
        };
        let control = &repeat.control;
        let name = |node: &Option<Node>, unless: &str| -> Result<Arc<str>, Cannot> {
            Ok(match node {
                Some(node) => value::python_str(&engine.value(node, scope)?).into(),
                None => unless.into(),
            })
        };
        let variable = name(&control.loop_var, "item")?;
        let index = control
            .index_var
            .as_ref()
            .map(|_| name(&control.index_var, ""))
            .transpose()?;
        let extended = match &control.extended {
            Some(node) => engine.value(node, scope)?.is_true(),
            None => false,
        };
        let count = values.len();
        let all = extended.then(|| Value::from(values.clone()));
        let items = values.iter().enumerate().map(|(at, item)| {
            let mut scope = scope.clone().with_local(variable.clone(), item.clone());
            scope = scope.with_local("ansible_loop_var", Value::from(variable.clone()));
            if let Some(index) = &index {
                scope = scope.with_local(index.clone(), Value::from(at));
                scope = scope.with_local("ansible_index_var", Value::from(index.clone()));
            }
            if let Some(all) = &all {
                scope = scope.with_local("ansible_loop", extended_loop(&values, all, at, count));
            }
            Item {
                value: Some((variable.clone(), item.clone())),
                scope,
                work: Work::Open,
            }
        });
        Ok(items.collect())
    }

    /// What there is to do in one round.
    pub async fn work(self, scope: &Scope) -> Work {
        match self.try_work(scope).await {
            Ok(work) => work,
            Err(cannot) => Work::Cannot(cannot),
        }
    }

    async fn try_work(self, scope: &Scope) -> Result<Work, Cannot> {
        if let Some(skip) = self.condition(scope)? {
            return Ok(Work::Skip(skip));
        }
        let Statement::Module(action) = &self.job.spec.statement else {
            return Ok(Work::Control);
        };
        let shared = self.shared;
        let (delegate, machine) = self.machine(scope)?;
        let module = self.module(action, scope)?;
        let task = self.task(module, action, scope)?;
        let run_as = match self.job.spec.r#become.enabled {
            None if !shared.options.r#become && !self.job.own_ways => Arc::default(),
            _ => ways::run_as(shared, scope, &self.job.spec)?,
        };
        let environment = self.environment(scope)?;
        let desk = Desk::new(shared.clone(), scope.clone(), self.job);
        let probe = Probe::new(machine.clone())
            .as_user(run_as)
            .with_environment(environment)
            .with_controller(Arc::new(desk))
            .looking_ahead(self.ahead)
            .showing_diffs(shared.options.diff);
        let generation = machine.generation();
        let plan = task.plan(&probe).await?;
        let host = Host::new(probe.looking_ahead(false));
        let always_acts = module.always_acts;
        Ok(Work::Planned(Box::new(Planned {
            plan,
            host,
            generation,
            delegate,
            always_acts,
        })))
    }

    /// The first condition that does not hold.
    pub fn condition(self, scope: &Scope) -> Result<Option<Skip>, Cannot> {
        for condition in &self.job.spec.when {
            if !self.shared.engine.condition(condition, scope)? {
                let text = match &condition.kind {
                    Kind::Str(text) => Some(text.to_string()),
                    Kind::Bool(truth) => Some(if *truth {
                        "True".into()
                    } else {
                        "False".into()
                    }),
                    _ => None,
                };
                return Ok(Some(Skip {
                    reason: "Conditional result was False".into(),
                    condition: text,
                }));
            }
        }
        Ok(None)
    }

    fn machine(self, scope: &Scope) -> Result<(Option<Arc<str>>, Arc<Machine>), Cannot> {
        let spec = &self.job.spec;
        let Some(delegate) = &spec.delegate_to else {
            let machine = if self.job.own_ways {
                ways::machine(self.shared, scope, Some(spec))?
            } else {
                self.player
                    .machine(|| ways::machine(self.shared, scope, None))?
            };
            return Ok((None, machine));
        };
        let name: Arc<str> = value::python_str(&self.shared.engine.value(delegate, scope)?).into();
        if name.is_empty() {
            return Err(Diagnostic::new("`delegate_to` names no host")
                .label(&delegate.span, "")
                .into());
        }
        let vars = self.shared.host_named(&name);
        let other = Scope::new(&self.shared.store, &vars).with_magic(self.job.magic.clone());
        Ok((Some(name), ways::machine(self.shared, &other, Some(spec))?))
    }

    fn module<'b>(self, action: &'b Action, scope: &Scope) -> Result<&'b Module, Cannot>
    where
        Self: 'b,
    {
        let name = if action.module.contains("{{") {
            let node = Node::at(Kind::Str(action.module.clone()), action.span.clone());
            value::python_str(&self.shared.engine.value(&node, scope)?).into()
        } else {
            action.module.clone()
        };
        self.shared.registry.get(&name).ok_or_else(|| {
            let unknown =
                Diagnostic::new(format!("there is no module `{name}`")).label(&action.span, "");
            match self.shared.registry.nearest(&name) {
                Some(near) => unknown.help(format!("did you mean `{near}`?")).into(),
                None => unknown.into(),
            }
        })
    }

    /// The task with its arguments, typed.
    fn task(
        self,
        module: &Module,
        action: &Action,
        scope: &Scope,
    ) -> Result<Arc<dyn Erased>, Cannot> {
        let defaults = &self.job.spec.context.module_defaults;
        let special = [module.expressions, module.conditions, module.untemplated]
            .iter()
            .any(|names| !names.is_empty());
        let fixed = defaults.is_empty()
            && !special
            && !action.arguments.is_template()
            && !action.module.contains("{{");
        if fixed {
            if let Some(task) = self.job.fixed.get() {
                return Ok(task.clone());
            }
            let task = module
                .parse(&action.arguments)
                .map_err(|error| error.or_at(&action.span))?;
            return Ok(self.job.fixed.get_or_init(|| task).clone());
        }
        let given = self.given(module, action, scope)?;
        let (mut arguments, mut templated) = (Map::new(), Map::new());
        for (name, entry) in given {
            if module.untemplated.contains(&&*name) {
                arguments.insert(name, entry);
            } else if module.expressions.contains(&&*name) {
                let value = self.expressions(&entry.value, scope)?;
                arguments.insert(name, Entry { value, ..entry });
            } else if module.conditions.contains(&&*name) {
                let value = self.conditions(&entry.value, scope)?;
                arguments.insert(name, Entry { value, ..entry });
            } else {
                templated.insert(name, entry);
            }
        }
        let node = Node::at(Kind::Map(templated), action.arguments.span.clone());
        if let Kind::Map(rendered) = self.shared.engine.render(&node, scope)?.kind {
            arguments.extend(rendered);
        }
        let node = Node::at(Kind::Map(arguments), action.arguments.span.clone());
        Ok(module
            .parse(&node)
            .map_err(|error| error.or_at(&action.span))?)
    }

    /// The arguments as written, over those of templates that give more, over `module_defaults`.
    fn given(self, module: &Module, action: &Action, scope: &Scope) -> Result<Map, Cannot> {
        let engine = &self.shared.engine;
        let mut all = Map::new();
        for template in more(&action.arguments) {
            match engine.render(template, scope)?.kind {
                Kind::Map(map) => all.extend(map),
                Kind::Null => {}
                _ => {
                    let wrong = Diagnostic::new(format!(
                        "the arguments of `{}` are a mapping",
                        module.name
                    ));
                    return Err(wrong.label(&template.span, "").into());
                }
            }
        }
        let written = action
            .arguments
            .as_map()
            .into_iter()
            .flatten()
            .filter(|(name, _)| &***name != Action::MORE);
        all.extend(written.map(|(name, entry)| (name.clone(), entry.clone())));
        let defaults = &self.job.spec.context.module_defaults;
        if defaults.is_empty() {
            return Ok(all);
        }
        let defaults: Vec<Node> = defaults
            .iter()
            .map(|node| engine.render(node, scope))
            .collect::<Result<_, _>>()?;
        let all = Node::at(Kind::Map(all), action.arguments.span.clone());
        match with_defaults(&self.shared.registry, &defaults, module, &all).kind {
            Kind::Map(map) => Ok(map),
            _ => Ok(Map::new()),
        }
    }

    fn environment(self, scope: &Scope) -> Result<Arc<[(String, String)]>, Cannot> {
        let mut environment: Vec<(String, String)> = Vec::new();
        for node in &self.job.spec.environment {
            let value = self.shared.engine.value(node, scope)?;
            let maps: Vec<Value> = match value.kind() {
                minijinja::value::ValueKind::Seq => {
                    value.try_iter().into_iter().flatten().collect()
                }
                _ => vec![value],
            };
            for map in maps.into_iter().filter(|map| !map.is_none()) {
                let Some(pairs) = map.as_object().and_then(|object| object.try_iter_pairs()) else {
                    let wrong = Failure::from(
                        Diagnostic::new("`environment` is a mapping").label(&node.span, ""),
                    );
                    return Err(wrong.into());
                };
                for (name, value) in pairs {
                    let name = value::python_str(&name);
                    environment.retain(|(known, _)| *known != name);
                    environment.push((name, value::python_str(&value)));
                }
            }
        }
        Ok(environment.into())
    }
}

/// `ansible_loop`
fn extended_loop(values: &[Value], all: &Value, at: usize, count: usize) -> Value {
    let mut pairs = vec![
        ("allitems", all.clone()),
        ("index", Value::from(at + 1)),
        ("index0", Value::from(at)),
        ("revindex", Value::from(count - at)),
        ("revindex0", Value::from(count - at - 1)),
        ("first", Value::from(at == 0)),
        ("last", Value::from(at + 1 == count)),
        ("length", Value::from(count)),
    ];
    if at > 0 {
        pairs.push(("previtem", values[at - 1].clone()));
    }
    if let Some(next) = values.get(at + 1) {
        pairs.push(("nextitem", next.clone()));
    }
    Value::from_pairs(pairs)
}

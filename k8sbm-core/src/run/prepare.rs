//! From a task and a host to plans: conditions, items, arguments, looks.

use super::{
    desk::Desk,
    failure::Cannot,
    job::Job,
    looping::Looping,
    player::Player,
    prepared::{Body, Item, Planned, Prepared, Skip, Work},
    shared::Shared,
    ways,
};
use crate::{
    diagnostic::Diagnostic,
    host::{Host, Machine},
    node::Kind,
    playbook::Statement,
    task::Probe,
    value::{self, Value},
    vars::Scope,
};
use std::{sync::Arc, time::Instant};

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
        if let Some(mistake) = &self.job.mistake {
            return Err(mistake.clone().into());
        }
        let scope = self.within_task(scope);
        let body = match &self.job.spec.repeat {
            None => {
                let scope = self.delegated(scope);
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
                if self.job.items_in_turn(self.shared) {
                    return Ok(Prepared {
                        body: Body::Loop(items),
                        epoch,
                        at,
                    });
                }
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
        let Looping {
            variable,
            index,
            extended,
            shows_all,
        } = Looping::of(control, engine, scope)?;
        let count = values.len();
        let all = (extended && shows_all).then(|| Value::from(values.clone()));
        let items = values.iter().enumerate().map(|(at, item)| {
            let mut scope = scope.clone().with_local(variable.clone(), item.clone());
            scope = scope.with_local("ansible_loop_var", Value::from(variable.clone()));
            if let Some(index) = &index {
                scope = scope.with_local(index.clone(), Value::from(at));
                scope = scope.with_local("ansible_index_var", Value::from(index.clone()));
            }
            if extended {
                let about = extended_loop(&values, all.as_ref(), at, count);
                scope = scope.with_local("ansible_loop", about);
            }
            Item {
                value: Some((variable.clone(), item.clone())),
                scope: self.delegated(scope),
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
        let host = self.player.name().clone();
        let desk = Desk::new(shared.clone(), scope.clone(), self.job, host);
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
                let reason = match &self.job.spec.statement {
                    Statement::Meta(meta) => {
                        super::meta::withheld(*meta, self.job, self.player.name())
                    }
                    _ => "Conditional result was False".into(),
                };
                return Ok(Some(Skip {
                    reason,
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
}

/// `ansible_loop`
fn extended_loop(values: &[Value], all: Option<&Value>, at: usize, count: usize) -> Value {
    let mut pairs = vec![
        ("index", Value::from(at + 1)),
        ("index0", Value::from(at)),
        ("revindex", Value::from(count - at)),
        ("revindex0", Value::from(count - at - 1)),
        ("first", Value::from(at == 0)),
        ("last", Value::from(at + 1 == count)),
        ("length", Value::from(count)),
    ];
    pairs.extend(all.map(|all| ("allitems", all.clone())));
    if at > 0 {
        pairs.push(("previtem", values[at - 1].clone()));
    }
    if let Some(next) = values.get(at + 1) {
        pairs.push(("nextitem", next.clone()));
    }
    Value::from_pairs(pairs)
}

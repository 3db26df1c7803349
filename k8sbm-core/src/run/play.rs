//! One play, batch by batch.

use super::{
    batch::Batch,
    fact_cache::Gathering,
    files,
    player::Player,
    shared::Shared,
    stage::{Stage, play_magic},
    tally::Tally,
};
use crate::{
    diagnostic::Diagnostic,
    event::Event,
    graph,
    inventory::{HostOrder, Pattern},
    node::{Entry, Kind, Map, Node, Span, from_node},
    playbook::{Action, Context, Play, Statement, Strategy, TaskSpec, VALIDATE},
    value,
    vars::{Layer, Level, Names, Scope, Variable},
};
use std::sync::Arc;

/// A play that is being run.
pub(super) struct Running<'a> {
    pub shared: &'a Arc<Shared>,
    pub play: &'a Arc<Play>,
    pub tally: &'a Tally,
}

/// A fact that tells that a host was asked: every subset has it.
const ALWAYS_GATHERED: &str = "ansible_kernel";

impl Running<'_> {
    /// Runs the play; says whether the run goes on.
    ///
    /// # Errors
    /// For a mistake in the playbook that shows only now.
    pub async fn run(&self) -> Result<bool, Diagnostic> {
        let nobody = self.scope();
        let name: Arc<str> = value::python_str(&self.value(&self.play.name, &nobody)?).into();
        let matched: Arc<[Arc<str>]> = self.matched(&nobody)?.into();
        let hosts = self.alive(&matched);
        if hosts.is_empty() {
            let reason = "no hosts matched".to_owned();
            self.shared.tell(Event::PlaySkipped { name, reason });
            return Ok(true);
        }
        let place = self.play.span.to_string();
        self.shared.tell(Event::PlayStarted {
            name: name.clone(),
            place,
            hosts: hosts.clone(),
        });
        let late = self.late_layers(&nobody)?;
        for batch in self.batches(&hosts, &nobody)? {
            let alive = self.alive(&batch);
            if alive.is_empty() {
                continue;
            }
            if !self.batch(&name, (&matched, &hosts), &alive, &late).await? {
                let counts = self.tally.counts();
                return Ok(!counts.broken && !counts.gave_up);
            }
            if alive.iter().all(|host| self.tally.has_lost(host)) {
                self.shared.tell(Event::NoHostsLeft);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn scope(&self) -> Scope {
        let nobody = self.shared.nobody();
        Scope::new(&self.shared.store, &nobody)
            .with_layers(self.play.layers.clone().into())
            .with_magic(self.shared.magic.clone())
    }

    fn value(&self, node: &Node, scope: &Scope) -> Result<value::Value, Diagnostic> {
        let value = self.shared.engine.value(node, scope);
        value.map_err(|error| error.placed(&node.span))
    }

    /// The hosts of the play, those that failed before included.
    pub fn all_hosts(&self) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.matched(&self.scope())
    }

    fn matched(&self, scope: &Scope) -> Result<Vec<Arc<str>>, Diagnostic> {
        let wanted = self.value(&self.play.hosts, scope)?;
        let patterns: Vec<String> = match wanted.kind() {
            minijinja::value::ValueKind::Seq => wanted
                .try_iter()
                .into_iter()
                .flatten()
                .map(|pattern| value::python_str(&pattern))
                .collect(),
            _ => vec![value::python_str(&wanted)],
        };
        // Patterns that only take away take from all hosts; a list that came out empty means nobody.
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let pattern = Pattern::parse_list(
            patterns
                .iter()
                .map(|pattern| (pattern.as_str(), &self.play.hosts.span)),
        )?;
        let order = match &self.play.order {
            Some(order) => {
                HostOrder::parse(&value::python_str(&self.value(order, scope)?), &order.span)?
            }
            None => HostOrder::default(),
        };
        self.shared.select_limited(&pattern, order)
    }

    /// Those of the hosts that take part.
    fn alive(&self, hosts: &[Arc<str>]) -> Vec<Arc<str>> {
        let alive = hosts.iter().filter(|host| !self.tally.has_lost(host));
        alive.cloned().collect()
    }

    /// What `vars_files` and `vars_prompt` add.
    fn late_layers(&self, scope: &Scope) -> Result<Vec<Arc<Layer>>, Diagnostic> {
        let mut layers = Vec::new();
        for prompt in &self.play.vars_prompt {
            layers.extend(self.prompt(prompt)?);
        }
        for entry in &self.play.vars_files {
            let read = self
                .value(entry, scope)
                .and_then(|names| files::layer(self.shared, self.play, entry, &names));
            match read {
                Ok(layer) => layers.push(layer),
                Err(error) if entry.is_plain() => return Err(error),
                // What a host knows may name a file that is there.
                Err(_) => {}
            }
        }
        Ok(layers)
    }

    fn prompt(&self, prompt: &Node) -> Result<Option<Arc<Layer>>, Diagnostic> {
        let text = |key: &str| prompt.get(key).and_then(Node::to_text);
        let Some(name) = text("name") else {
            return Err(Diagnostic::new("a prompt needs a `name`").label(&prompt.span, ""));
        };
        if self.shared.store.extra.vars.contains_key(name.as_str()) {
            return Ok(None);
        }
        let hidden = prompt
            .get("private")
            .is_none_or(|private| from_node::<bool>(private).unwrap_or(true));
        let question = text("prompt").unwrap_or_else(|| name.clone());
        let default = text("default");
        let answer = self
            .shared
            .prompter
            .ask(&question, !hidden)
            .filter(|answer| !answer.is_empty())
            .or(default);
        let Some(answer) = answer else {
            let message = format!("nobody is there to answer for `{name}`, and it has no default");
            return Err(Diagnostic::new(message)
                .label(&prompt.span, "")
                .help(format!("set it with `-e {name}=...`")));
        };
        if hidden {
            self.shared.secrets.add(&answer);
        }
        let vars: Names<Variable> = [(
            Arc::from(name.as_str()),
            Variable::ready(answer.into(), prompt.span.clone()),
        )]
        .into_iter()
        .collect();
        Ok(Some(Arc::new(Layer::new(
            Level::VarsPrompt,
            "vars_prompt",
            vars,
        ))))
    }

    /// The hosts in the batches that `serial` says; the last size counts on.
    fn batches(&self, hosts: &[Arc<str>], scope: &Scope) -> Result<Vec<Vec<Arc<str>>>, Diagnostic> {
        let mut sizes = Vec::new();
        for node in &self.play.serial {
            let rendered = self.value(node, scope)?;
            let items: Vec<value::Value> = match rendered.kind() {
                minijinja::value::ValueKind::Seq => {
                    rendered.try_iter().into_iter().flatten().collect()
                }
                _ => vec![rendered],
            };
            for item in items {
                let text = value::python_str(&item);
                let size = match text.strip_suffix('%') {
                    Some(share) => share
                        .trim()
                        .parse::<f64>()
                        .ok()
                        .map(|share| (hosts.len() as f64 * share / 100.0) as usize),
                    None => text.trim().parse().ok(),
                };
                let wrong = || {
                    Diagnostic::new(format!(
                        "`serial` takes numbers and percentages, not `{text}`"
                    ))
                };
                sizes.push(size.ok_or_else(|| wrong().label(&node.span, ""))?);
            }
        }
        let (mut batches, mut rest, mut at) = (Vec::new(), hosts, 0);
        while !rest.is_empty() {
            let size = match sizes.get(at).or(sizes.last()) {
                None | Some(0) if sizes.is_empty() => rest.len(),
                Some(size) => (*size).max(1).min(rest.len()),
                None => rest.len(),
            };
            at += 1;
            let (batch, more) = rest.split_at(size);
            batches.push(batch.to_vec());
            rest = more;
        }
        Ok(batches)
    }

    /// Runs one batch; says whether the play goes on.
    async fn batch(
        &self,
        name: &str,
        (matched, hosts): (&Arc<[Arc<str>]>, &[Arc<str>]),
        alive: &[Arc<str>],
        late: &[Arc<Layer>],
    ) -> Result<bool, Diagnostic> {
        let going_on = self.alive(hosts);
        let mut layers = self.play.layers.clone();
        layers.extend(late.iter().cloned());
        layers.sort_by_key(|layer| layer.level);
        let scope = self.scope();
        let switch = |node: &Option<Node>, unless: bool| match node {
            Some(node) => self.shared.engine.switch(node, &scope).unwrap_or(unless),
            None => unless,
        };
        let percentage = match &self.play.max_fail_percentage {
            Some(node) => Some(from_node::<u32>(
                &self.shared.engine.render(node, &scope).unwrap_or_default(),
            )?),
            None => None,
        };
        let gather = switch(
            &self.play.gather_facts,
            self.shared.options.gathering != Gathering::Explicit,
        );
        let stage = Stage {
            play: self.play.clone(),
            layers: layers.into(),
            late: late.to_vec(),
            name: name.into(),
            magic: play_magic(
                &self.shared.magic,
                self.play,
                name,
                matched,
                &going_on,
                alive,
            ),
            going_on,
            matched: matched.clone(),
            force_handlers: switch(
                &self.play.force_handlers,
                self.shared.options.force_handlers,
            ),
            max_fail_percentage: percentage,
        };
        let strategy = self.play.strategy.unwrap_or(Strategy::Linear);
        let players: Vec<Arc<Player>> = alive
            .iter()
            .map(|host| Arc::new(Player::new(self.shared.host_named(host))))
            .collect();
        let gather = gather && !self.knows_facts_of(&players);
        let gather = gather.then(|| self.gather());
        let opening = gather.into_iter().chain(self.validation(name, &scope)?);
        let graph = graph::compile(self.play, strategy, opening, self.shared.numbers.clone())?;
        let mut batch = Batch::new(self.shared, &stage, graph, strategy, players, self.tally);
        batch.run().await;
        stage.forget_files(self.shared);
        let (ends, broken) = (batch.ends_play, batch.broken.is_some());
        let mut counts = self.tally.counts();
        counts.broken |= broken;
        counts.lost.extend(batch.lost());
        Ok(!ends && !broken && !counts.gave_up && !self.shared.stopping())
    }

    /// With smart gathering, whether all of these hosts were asked before.
    fn knows_facts_of(&self, players: &[Arc<Player>]) -> bool {
        let asked = |player: &Arc<Player>| {
            let facts = player.vars.facts();
            facts.is_some_and(|facts| facts.get(ALWAYS_GATHERED).is_some())
        };
        self.shared.options.gathering == Gathering::Smart && players.iter().all(asked)
    }

    /// The task that gathers facts.
    fn gather(&self) -> Arc<TaskSpec> {
        let mut arguments = Map::new();
        if let Some(subset) = &self.play.gather_subset {
            arguments.insert(
                "gather_subset".into(),
                Entry {
                    key: Span::none(),
                    value: subset.clone(),
                },
            );
        }
        let arguments = Node::at(Kind::Map(arguments), self.play.span.clone());
        let mut spec = self.opening(
            "Gathering Facts",
            &self.shared.options.gather_with,
            arguments,
        );
        spec.tags = ["always".into()].into_iter().collect();
        if self.shared.options.gathering == Gathering::Smart {
            let unknown = format!("{ALWAYS_GATHERED} is not defined");
            spec.when.push(self.text(&unknown));
        }
        Arc::new(spec)
    }

    /// The task that checks the play's variables, where the play wants that.
    fn validation(&self, name: &str, scope: &Scope) -> Result<Option<Arc<TaskSpec>>, Diagnostic> {
        let Some(argspec) = &self.play.argspec else {
            return Ok(None);
        };
        let wanted = self.shared.engine.render(&argspec.wanted, scope);
        let wanted = wanted.map_err(|error| error.placed(&argspec.wanted.span))?;
        let own = argspec.own.as_ref().map(|_| name);
        let Some((name, options)) = argspec.find(&wanted, own)? else {
            return Ok(None);
        };
        let arguments = argspec.arguments(&name, options, &self.play.span);
        let title = format!("Validating arguments against arg spec {name}");
        let mut spec = self.opening(&title, VALIDATE, arguments);
        if spec.tags.is_empty() {
            spec.tags.insert("always".into());
        }
        Ok(Some(Arc::new(spec)))
    }

    fn text(&self, text: &str) -> Node {
        Node::at(Kind::Str(text.into()), self.play.span.clone())
    }

    /// A task that the play begins with by itself.
    fn opening(&self, name: &str, module: &str, arguments: Node) -> TaskSpec {
        let statement = Statement::Module(Action {
            module: module.into(),
            span: self.play.span.clone(),
            arguments,
        });
        let context = Arc::new(Context {
            inherited: None,
            ..(*self.play.context).clone()
        });
        let mut spec = match &self.play.context.inherited {
            Some(base) => (**base).clone(),
            None => TaskSpec::new(statement.clone(), context.clone()),
        };
        spec.statement = statement;
        spec.context = context;
        spec.name = Some(self.text(name));
        spec.span = self.play.span.clone();
        spec
    }
}

//! What joins a play while it runs: included steps, and handlers that were notified.

use super::{batch::Batch, news::Control};
use crate::{
    diagnostic::Diagnostic,
    event::Event,
    graph::{Growth, NodeId, NodeKind},
    node::{Node, Span},
    playbook::{Handler, Include, IncludeKind, Step, TaskSpec},
    value::{self, Value},
    vars::{Layer, Level, Names, Variable},
};
use std::{collections::HashSet, sync::Arc};

/// One include that several hosts asked for in the same way.
struct Asked {
    include: Box<Include>,
    target: String,
    options: Node,
    locals: Vec<(Arc<str>, Value)>,
    hosts: Vec<usize>,
}

impl Batch<'_> {
    /// Brings in what the hosts that have been at an include asked for.
    pub(super) fn bring_in(&mut self, node: NodeId) {
        let Some(parked) = self.parked.remove(&node) else {
            return;
        };
        let mut asked: Vec<Asked> = Vec::new();
        for (host, control) in parked {
            let Control::Include {
                include,
                target,
                options,
                scope,
            } = control
            else {
                continue;
            };
            let locals = scope.locals().to_vec();
            let asks = value::from_node(&options);
            let same = asked.iter_mut().find(|known| {
                known.target == target
                    && known.locals == locals
                    && value::from_node(&known.options) == asks
                    && !known.hosts.contains(&host)
            });
            match same {
                Some(known) => known.hosts.push(host),
                None => asked.push(Asked {
                    include,
                    target,
                    options,
                    locals,
                    hosts: vec![host],
                }),
            }
        }
        for asked in &mut asked {
            asked.hosts.sort_unstable();
        }
        // The last goes in first, since each is put right behind the include.
        for asked in asked.into_iter().rev() {
            if let Err(diagnostics) = self.bring_in_one(node, asked) {
                for diagnostic in diagnostics {
                    self.fail_include(node, diagnostic);
                }
            }
        }
    }

    fn bring_in_one(&mut self, node: NodeId, asked: Asked) -> Result<(), Vec<Diagnostic>> {
        let Asked {
            include,
            target,
            options,
            locals,
            hosts,
        } = asked;
        let spec = self.graph.node(node).spec().cloned().ok_or_else(Vec::new)?;
        let more = parameters(&locals);
        let steps = self.steps(&include, (&target, &options), &spec, &more)?;
        let names = hosts
            .iter()
            .map(|host| self.players[*host].name().clone())
            .collect();
        self.shared.tell(Event::Included {
            task: self.graph.node(node).id,
            target,
            hosts: names,
        });
        let added = self
            .graph
            .grow(node, self.strategy, Growth::Steps(&steps))
            .map_err(|error| vec![error])?;
        self.join(node, added, hosts);
        Ok(())
    }

    fn steps(
        &mut self,
        include: &Include,
        (target, options): (&str, &Node),
        spec: &Arc<TaskSpec>,
        more: &[Arc<Layer>],
    ) -> Result<Vec<Step>, Vec<Diagnostic>> {
        let loader = self.shared.loader.clone();
        let context = spec.context.clone();
        let (steps, handlers, warnings) = match include.kind {
            IncludeKind::Tasks => {
                let included = loader.tasks(include, target, &context, more)?;
                (included.steps, included.handlers, included.warnings)
            }
            IncludeKind::Role => {
                let included = loader.role(include, target, options, &context, more)?;
                (included.steps, included.handlers, included.warnings)
            }
        };
        for handler in handlers {
            self.add_handler(handler);
        }
        for warning in warnings {
            let place = warning.span().map(ToString::to_string);
            self.shared.tell(Event::Warning {
                message: warning.message,
                place,
            });
        }
        Ok(steps)
    }

    fn fail_include(&mut self, node: NodeId, diagnostic: Diagnostic) {
        let diagnostic = match self.graph.node(node).spec() {
            Some(spec) => diagnostic.or_at(&spec.span),
            None => diagnostic,
        };
        self.give_up(diagnostic);
    }

    /// Lets new nodes, for some hosts only, be waited for.
    fn join(&mut self, node: NodeId, added: Vec<NodeId>, hosts: Vec<usize>) {
        let only: Arc<HashSet<usize>> = match self.only.get(&node) {
            Some(outer) => Arc::new(
                hosts
                    .into_iter()
                    .filter(|host| outer.contains(host))
                    .collect(),
            ),
            None => Arc::new(hosts.into_iter().collect()),
        };
        let mut nodes = added.clone();
        for node in &added {
            self.only.insert(*node, only.clone());
            self.note_unwanted(*node);
        }
        for id in added.iter().chain([&node]) {
            nodes.extend(
                self.graph
                    .after(*id)
                    .map(|(later, _)| later)
                    .filter(|later| !added.contains(later)),
            );
        }
        self.take_in(nodes);
    }

    /// Brings in the handlers that hosts wait for at a point where handlers run.
    pub(super) fn bring_in_handlers(&mut self, node: NodeId) {
        let hosts = self.flushing.remove(&node).unwrap_or_default();
        let mut wanted: Vec<usize> = hosts
            .iter()
            .flat_map(|host| self.standings[*host].notified.iter().copied())
            .collect();
        if wanted.is_empty() || self.over {
            return;
        }
        wanted.sort_unstable();
        wanted.dedup();
        let handlers = wanted
            .into_iter()
            .map(|index| (index, self.handlers[index].clone()))
            .collect();
        match self
            .graph
            .grow(node, self.strategy, Growth::Handlers(handlers))
        {
            Ok(added) => self.join(node, added, hosts),
            Err(diagnostic) => self.give_up(diagnostic),
        }
    }

    fn add_handler(&mut self, handler: Handler) {
        let same = |known: &Handler| {
            known.task.span == handler.task.span && known.task.title() == handler.task.title()
        };
        if !self.handlers.iter().any(same) {
            self.handlers.push(handler);
        }
    }

    /// Notes the handlers that a changed task notifies.
    pub(super) fn notify(&mut self, node: NodeId, host: usize) {
        let Some(spec) = self.graph.node(node).spec().cloned() else {
            return;
        };
        let player = self.players[host].clone();
        for topic in &spec.notify {
            let Some(job) = self.job(node) else { return };
            let scope = self.stage.task_scope(self.shared, &player.vars, &job);
            let topics = match self.shared.engine.value(topic, &scope) {
                Ok(topics) => topics,
                Err(error) => {
                    let diagnostic = error.diagnostic().cloned();
                    return self.give_up(
                        diagnostic
                            .unwrap_or_else(|| Diagnostic::new(error.to_string()))
                            .or_at(&topic.span),
                    );
                }
            };
            let names: Vec<String> = match topics.kind() {
                minijinja::value::ValueKind::Seq => topics
                    .try_iter()
                    .into_iter()
                    .flatten()
                    .map(|name| value::python_str(&name))
                    .collect(),
                _ => vec![value::python_str(&topics)],
            };
            for name in names {
                if !self.notify_one(&name, host) {
                    return self.give_up(self.no_handler(&name, &topic.span));
                }
            }
        }
    }

    fn notify_one(&mut self, name: &str, host: usize) -> bool {
        let mut found = false;
        let mut named = false;
        // The last handler of a name is the one that counts; topics reach all that listen.
        for (index, handler) in self.handlers.iter().enumerate().rev() {
            let own = handler.task.name.as_ref().and_then(Node::as_str);
            let by_name = (own == Some(name) || handler.task.title() == name) && !named;
            named |= by_name;
            if by_name || handler.listen.iter().any(|topic| &**topic == name) {
                found = true;
                if self.standings[host].notified.insert(index) {
                    let host = self.players[host].name().clone();
                    self.shared.tell(Event::Notified {
                        handler: handler.task.title().into(),
                        host,
                    });
                }
            }
        }
        found
    }

    fn no_handler(&self, name: &str, span: &Span) -> Diagnostic {
        let known: Vec<String> = self
            .handlers
            .iter()
            .map(|handler| handler.task.title())
            .collect();
        let diagnostic =
            Diagnostic::new(format!("there is no handler `{name}`")).label(span, "notified here");
        match crate::diagnostic::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
        }
    }

    pub(super) fn note_unwanted(&mut self, node: NodeId) {
        let started = match &self.graph.node(node).kind {
            NodeKind::Task(spec) => self.shared.has_started(spec),
            _ => true,
        };
        if !started || !self.is_tagged(node) {
            self.unwanted.insert(node);
        }
    }

    /// Whether the tags of a task are among those that shall run.
    pub(super) fn is_tagged(&self, node: NodeId) -> bool {
        match &self.graph.node(node).kind {
            NodeKind::Task(spec) => self.stage.wants(spec, self.shared),
            _ => true,
        }
    }
}

/// Loop variables of an include, as parameters that what is included sees.
fn parameters(locals: &[(Arc<str>, Value)]) -> Vec<Arc<Layer>> {
    if locals.is_empty() {
        return Vec::new();
    }
    let vars: Names<Variable> = locals
        .iter()
        .map(|(name, value)| (name.clone(), Variable::ready(value.clone(), Span::none())))
        .collect();
    vec![Arc::new(Layer::new(
        Level::IncludeParams,
        "the loop of an include",
        vars,
    ))]
}

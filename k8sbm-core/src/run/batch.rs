//! The dispatcher: it owns where every host stands, and puts events in order.

use super::{
    board::{Board, Ended as CellEnd},
    instance::{Control, Ended, Instance, News},
    job::Job,
    outcome::Round,
    player::Player,
    shared::Shared,
    stage::Stage,
    standing::{Standing, Turn},
    tally::Tally,
};
use crate::{
    diagnostic::Diagnostic,
    event::{Event, TaskId},
    graph::{Graph, NodeId, NodeKind, Wait},
    playbook::{Handler, Meta, Statement, Strategy},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Instant,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A batch of a play's hosts on their way through its graph.
pub(super) struct Batch<'a> {
    pub shared: &'a Arc<Shared>,
    pub stage: &'a Stage,
    pub graph: Graph,
    pub strategy: Strategy,
    pub players: Vec<Arc<Player>>,
    pub standings: Vec<Standing>,
    pub tally: &'a Tally,
    pub(super) board: Board,
    pub(super) jobs: HashMap<NodeId, Arc<Job>>,
    /// The hosts that a node is for, where it is not for all.
    pub(super) only: HashMap<NodeId, Arc<HashSet<usize>>>,
    /// Includes that wait until every host has been there, with what each asked for.
    pub(super) parked: HashMap<NodeId, Vec<(usize, Control)>>,
    /// The hosts that have come to a point where handlers run, until every host has been there.
    pub(super) flushing: HashMap<NodeId, Vec<usize>>,
    announced: HashSet<TaskId>,
    news: UnboundedSender<News>,
    heard: UnboundedReceiver<News>,
    running: usize,
    ready: VecDeque<(NodeId, usize)>,
    /// The hosts that `host_pinned` has begun, and what waits for one of them to end.
    pinned: HashSet<usize>,
    unpinned: Vec<(NodeId, usize)>,
    /// No further task begins.
    pub(super) over: bool,
    pub(super) broken: Option<Arc<Diagnostic>>,
    pub(super) handlers: Vec<Handler>,
    /// `meta: end_play` was said: no further batch begins.
    pub(super) ends_play: bool,
    /// `meta: clear_host_errors` was said.
    pub(super) forgiven: bool,
    /// The rest of roles that hosts have left.
    pub(super) left_role: HashSet<(NodeId, usize)>,
    /// Tasks that tags or `--start-at-task` leave out.
    pub(super) unwanted: HashSet<NodeId>,
}

impl<'a> Batch<'a> {
    pub fn new(
        shared: &'a Arc<Shared>,
        stage: &'a Stage,
        graph: Graph,
        strategy: Strategy,
        players: Vec<Arc<Player>>,
        tally: &'a Tally,
    ) -> Self {
        let (news, heard) = unbounded_channel();
        let hosts = players.len();
        Self {
            shared,
            stage,
            graph,
            strategy,
            standings: players.iter().map(|_| Standing::default()).collect(),
            players,
            tally,
            board: Board::new(hosts),
            jobs: HashMap::new(),
            only: HashMap::new(),
            parked: HashMap::new(),
            flushing: HashMap::new(),
            announced: HashSet::new(),
            news,
            heard,
            running: 0,
            ready: VecDeque::new(),
            pinned: HashSet::new(),
            unpinned: Vec::new(),
            over: false,
            broken: None,
            ends_play: false,
            forgiven: false,
            left_role: HashSet::new(),
            handlers: stage.play.handlers.clone(),
            unwanted: HashSet::new(),
        }
    }

    /// Takes all hosts through the graph.
    pub async fn run(&mut self) {
        if let Err(diagnostic) = self.name_hosts() {
            return self.give_up(diagnostic);
        }
        let order = self.graph.order.clone();
        order.iter().for_each(|node| self.note_unwanted(*node));
        let ready = self.board.take_in(&self.graph, order);
        self.ready.extend(ready);
        loop {
            self.begin_what_is_ready();
            if self.running == 0 {
                break;
            }
            match self.heard.recv().await {
                Some(News::Event(event)) => self.shared.tell(event),
                Some(News::Ended(ended)) => {
                    self.running -= 1;
                    self.end(*ended);
                }
                None => break,
            }
        }
    }

    pub(super) fn give_up(&mut self, diagnostic: Diagnostic) {
        let diagnostic = Arc::new(diagnostic);
        self.shared.tell(Event::Broken {
            diagnostic: diagnostic.clone(),
        });
        self.broken = Some(diagnostic);
        self.over = true;
    }

    /// Finds the hosts that `needs` name.
    fn name_hosts(&mut self) -> Result<(), Diagnostic> {
        let Some(first) = self.players.first() else {
            return Ok(());
        };
        let scope = self
            .stage
            .scope(self.shared, &first.vars, self.stage.layers.clone());
        let mut named = Vec::new();
        for later in &self.graph.order {
            for (earlier, wait) in self.graph.before(*later) {
                if let Wait::Hosts(on) = wait {
                    named.push((
                        earlier,
                        *later,
                        self.stage
                            .hosts_named(self.shared, on, &scope, &self.players)?,
                    ));
                }
            }
        }
        for (earlier, later, hosts) in named {
            self.board.name_hosts(earlier, later, hosts);
        }
        Ok(())
    }

    fn begin_what_is_ready(&mut self) {
        while let Some((node, host)) = self.ready.pop_front() {
            self.begin(node, host);
        }
    }

    fn begin(&mut self, node: NodeId, host: usize) {
        let ours = self
            .only
            .get(&node)
            .is_none_or(|hosts| hosts.contains(&host));
        if !ours || self.over || self.shared.stopping() {
            let end = if self.standings[host].has_failed() {
                CellEnd::Badly
            } else {
                CellEnd::Well
            };
            return self.pass(node, host, end);
        }
        if self.strategy == Strategy::HostPinned && !self.pinned.contains(&host) {
            if self.pinned.len() >= self.shared.options.forks {
                return self.unpinned.push((node, host));
            }
            self.pinned.insert(host);
        }
        let kind = self.graph.node(node).kind.clone();
        let place = self.graph.node(node).place.clone();
        let handlers =
            matches!(kind, NodeKind::Flush | NodeKind::Handler(..)) && self.stage.force_handlers;
        match self.standings[host].turn(&place, handlers) {
            Turn::NotNeeded => return self.pass(node, host, CellEnd::Well),
            Turn::Failed => return self.pass(node, host, CellEnd::Badly),
            Turn::Run | Turn::Rescue => {}
        }
        match kind {
            NodeKind::Join => self.pass(node, host, CellEnd::Well),
            NodeKind::Flush => {
                self.flushing.entry(node).or_default().push(host);
                self.pass(node, host, CellEnd::Well);
            }
            NodeKind::Handler(index, _) => {
                if self.standings[host].notified.shift_remove(&index) {
                    self.start(node, host);
                } else {
                    self.pass(node, host, CellEnd::Well);
                }
            }
            NodeKind::Task(_) => {
                if self.strategy == Strategy::Dag
                    && let Some((earlier, other)) = self.board.blocked_by(&self.graph, node, host)
                {
                    return self.block(node, host, earlier, other);
                }
                if self.unwanted.contains(&node) || self.left_role.contains(&(node, host)) {
                    return self.pass(node, host, CellEnd::Well);
                }
                if self.is_run_once(node) && !self.is_first(host) {
                    return self.pass(node, host, CellEnd::Well);
                }
                self.start(node, host);
            }
        }
    }

    /// Notes the end of a task on a host. What it includes joins the graph before others hear of the end.
    pub(super) fn pass(&mut self, node: NodeId, host: usize, end: CellEnd) {
        if self.parked.contains_key(&node)
            && (self.strategy != Strategy::Linear || self.board.is_last(node, host))
        {
            self.bring_in(node);
        }
        if self.flushing.contains_key(&node)
            && (self.strategy != Strategy::Linear || self.board.is_last(node, host))
        {
            self.bring_in_handlers(node);
        }
        let ready = self.board.end(&self.graph, node, host, end);
        self.ready.extend(ready);
        if self.strategy == Strategy::HostPinned && self.graph.order.last() == Some(&node) {
            self.pinned.remove(&host);
            self.ready.extend(std::mem::take(&mut self.unpinned));
        }
    }

    fn is_run_once(&self, node: NodeId) -> bool {
        let Some(spec) = self.graph.node(node).spec() else {
            return false;
        };
        let module = match &spec.statement {
            Statement::Module(action) => self.shared.registry.get(&action.module),
            _ => None,
        };
        let wanted = |once| self.stage.is_on(self.shared, once);
        matches!(self.strategy, Strategy::Linear | Strategy::Dag)
            && (module.is_some_and(|module| module.run_once)
                || spec.run_once.as_ref().is_some_and(wanted))
    }

    /// Whether it is the first host that goes on: the one that runs what runs once.
    fn is_first(&self, host: usize) -> bool {
        self.standings
            .iter()
            .position(|standing| !standing.out && !standing.has_failed())
            == Some(host)
    }

    pub(super) fn job(&mut self, node: NodeId) -> Option<Arc<Job>> {
        if let Some(job) = self.jobs.get(&node) {
            return Some(job.clone());
        }
        let task = self.graph.node(node);
        let job = Arc::new(self.stage.job(
            task,
            self.shared,
            self.players.first().map(|player| &player.vars),
        )?);
        self.jobs.insert(node, job.clone());
        Some(job)
    }

    fn start(&mut self, node: NodeId, host: usize) {
        let Some(job) = self.job(node) else {
            return self.pass(node, host, CellEnd::Well);
        };
        let id = job.info.id;
        if self.announced.insert(id) {
            self.shared.tell(Event::TaskStarted(job.info.clone()));
        }
        let known = self.players[host].is_prepared(id);
        let ahead = if known {
            Vec::new()
        } else {
            self.next_jobs(node, host)
        };
        let peers = if self.is_run_once(node) {
            let others = (0..self.players.len())
                .filter(|other| *other != host && !self.standings[*other].out);
            others.map(|other| self.players[other].clone()).collect()
        } else {
            Vec::new()
        };
        let player = self.players[host].clone();
        let scope = self.stage.task_scope(self.shared, &player.vars, &job);
        let instance = Instance {
            shared: self.shared.clone(),
            player,
            job,
            news: self.news.clone(),
            peers,
            scope,
        };
        self.running += 1;
        tokio::spawn(perform(instance, node, host, ahead));
    }

    /// The tasks that this host comes to next, as far as that can be said now.
    fn next_jobs(&mut self, node: NodeId, host: usize) -> Vec<Arc<Job>> {
        let most = self
            .shared
            .options
            .look_ahead
            .min(16_384 / self.players.len().max(1))
            .max(1);
        let mut jobs = Vec::new();
        if most <= 1 {
            return jobs;
        }
        let position = self.stage_position(node);
        let order: Vec<NodeId> = self.graph.order[position..]
            .iter()
            .take(most * 2)
            .copied()
            .collect();
        for next in order {
            if jobs.len() + 1 >= most {
                break;
            }
            let task = self.graph.node(next);
            match &task.kind {
                NodeKind::Flush if self.standings[host].notified.is_empty() => continue,
                NodeKind::Join => continue,
                NodeKind::Handler(..) | NodeKind::Flush => break,
                NodeKind::Task(spec) => {
                    let asleep = |arm: &crate::graph::Arm| arm.part == crate::graph::Part::Rescue;
                    if task.place.iter().any(asleep) || self.unwanted.contains(&next) {
                        continue;
                    }
                    if matches!(spec.statement, Statement::Meta(Meta::Noop)) {
                        continue;
                    }
                }
            }
            let Some(job) = self.job(next) else { break };
            let acts = job
                .module(self.shared)
                .is_none_or(|module| module.always_acts);
            if acts || job.spec.delegate_to.is_some() || job.sets(self.shared).is_none() {
                break;
            }
            jobs.push(job);
        }
        jobs
    }

    fn stage_position(&self, node: NodeId) -> usize {
        self.graph
            .position(node)
            .map_or(self.graph.order.len(), |position| position + 1)
    }

    fn block(&mut self, node: NodeId, host: usize, earlier: NodeId, other: usize) {
        let Some(job) = self.job(node) else {
            return self.pass(node, host, CellEnd::Badly);
        };
        if self.announced.insert(job.info.id) {
            self.shared.tell(Event::TaskStarted(job.info.clone()));
        }
        let by = format!(
            "`{}` on {}",
            self.graph.node(earlier).name(),
            self.players[other].name()
        );
        let name = self.players[host].name().clone();
        self.tally.counts().blocked(&name);
        self.shared.tell_blocked(&job.info, &name, by);
        let place = self.graph.node(node).place.clone();
        self.standings[host].fail(&place);
        self.pass(node, host, CellEnd::Badly);
    }

    fn end(&mut self, ended: Ended) {
        let Ended {
            node,
            host,
            round,
            ignored,
            control,
        } = ended;
        let name = self.players[host].name().clone();
        let place = self.graph.node(node).place.clone();
        let mut end = CellEnd::Well;
        if round.unreachable && !ignored.unreachable {
            self.tally.counts().count(&name, &round, ignored, false);
            self.standings[host].vanish(&place);
            end = CellEnd::Badly;
            if self.is_run_once(node) || self.ends_for_all(node) {
                self.fail_all(&place, host);
            }
        } else if round.failed && !ignored.errors {
            let rescued = self.standings[host].fail(&place);
            self.tally.counts().count(&name, &round, ignored, rescued);
            self.remember_failure(node, host, &round);
            end = CellEnd::Badly;
            if self.is_run_once(node) || self.ends_for_all(node) {
                self.fail_all(&place, host);
            }
        } else {
            self.tally.counts().count(&name, &round, ignored, false);
        }
        self.take_effects(host, &round);
        if round.changed && !round.failed {
            self.notify(node, host);
        }
        for control in control {
            match control {
                Control::Meta(meta) => self.meta(meta, node, host),
                include @ Control::Include { .. } => {
                    self.parked.entry(node).or_default().push((host, include));
                }
            }
        }
        self.pass(node, host, end);
        self.check_failures();
    }

    /// The hosts that take no part in further plays.
    pub fn lost(&self) -> Vec<Arc<str>> {
        let lost = |standing: &Standing| standing.has_failed() || standing.is_unreachable();
        let hosts = self
            .standings
            .iter()
            .zip(&self.players)
            .filter(|(standing, _)| lost(standing));
        hosts.map(|(_, player)| player.name().clone()).collect()
    }

    fn remember_failure(&self, node: NodeId, host: usize, round: &Round) {
        let vars = &self.players[host].vars;
        let task = crate::value::from_json(serde_json::json!({
            "name": self.graph.node(node).name(),
            "action": self.graph.node(node).spec().map(|spec| spec.word().to_string()),
        }));
        let result = crate::value::from_json(serde_json::Value::Object(round.result.clone()));
        vars.set(
            &"ansible_failed_task".into(),
            task,
            crate::node::Span::none(),
        );
        vars.set(
            &"ansible_failed_result".into(),
            result,
            crate::node::Span::none(),
        );
    }

    fn ends_for_all(&self, node: NodeId) -> bool {
        let spec = self.graph.node(node).spec();
        let own = spec.and_then(|spec| spec.any_errors_fatal.as_ref());
        own.or(self.stage.play.any_errors_fatal.as_ref())
            .is_some_and(|switch| self.stage.is_on(self.shared, switch))
    }

    fn fail_all(&mut self, place: &Arc<[crate::graph::Arm]>, but: usize) {
        for (host, standing) in self.standings.iter_mut().enumerate() {
            if host != but && !standing.out && !standing.has_failed() {
                standing.fail(place);
            }
        }
    }

    /// Ends the play when too many hosts have failed.
    fn check_failures(&mut self) {
        let Some(limit) = self.stage.max_fail_percentage else {
            return;
        };
        let failed = self
            .standings
            .iter()
            .filter(|standing| standing.is_unreachable() || standing.has_failed())
            .count();
        if failed * 100 > self.players.len() * limit as usize {
            self.over = true;
            self.tally.counts().gave_up = true;
        }
    }

    /// Lets nodes that joined the graph, and what waits for them, wait for the right things.
    pub(super) fn take_in(&mut self, nodes: Vec<NodeId>) {
        let ready = self.board.take_in(&self.graph, nodes);
        self.ready.extend(ready);
    }
}

/// Runs one instance: waits for its turn among the forks, prepares it with what follows, does it.
async fn perform(instance: Instance, node: NodeId, host: usize, ahead: Vec<Arc<Job>>) {
    let throttle = match &instance.job.throttle {
        Some(limit) => limit.clone().acquire_owned().await.ok(),
        None => None,
    };
    let fork = instance.shared.forks.clone().acquire_owned().await.ok();
    let begun = Instant::now();
    let started = Event::HostStarted {
        task: instance.job.info.id,
        host: instance.player.name().clone(),
    };
    // The dispatcher outlives its instances but for a run that was given up.
    let _ = instance.news.send(News::Event(started));
    let prepared = super::ahead::prepare(&instance, ahead).await;
    let (round, ignored, control) = instance.run(prepared).await;
    drop((fork, throttle));
    instance.tell(&round, ignored, None, begun);
    let _ = instance.news.send(News::Ended(Box::new(Ended {
        node,
        host,
        round,
        ignored,
        control,
    })));
}

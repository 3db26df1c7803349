//! The dispatcher: it owns where every host stands, and puts events in order.

use super::{
    board::{Board, Ended as CellEnd},
    job::Job,
    news::{Control, News},
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
    playbook::{Handler, Statement, Strategy},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
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
    pub(super) announced: HashSet<TaskId>,
    pub(super) news: UnboundedSender<News>,
    heard: UnboundedReceiver<News>,
    pub(super) running: usize,
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
    /// The rest of roles that hosts have left.
    pub(super) left_role: HashSet<(NodeId, usize)>,
    /// A host has failed or left since the play's magic variables were told of hosts.
    pub(super) hosts_changed: bool,
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
            left_role: HashSet::new(),
            hosts_changed: false,
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
        let (opening, rest) = order.split_at(self.graph.opening);
        let opens = self.shared.starts_within(&self.stage.play);
        for node in opening {
            if !opens || !self.is_tagged(*node) {
                self.unwanted.insert(*node);
            }
        }
        rest.iter().for_each(|node| self.note_unwanted(*node));
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
        if self.hosts_changed && !self.ready.is_empty() {
            self.hosts_changed = false;
            self.tell_of_hosts();
        }
        while let Some((node, host)) = self.ready.pop_front() {
            self.begin(node, host);
        }
    }

    /// What was planned ahead may have asked for the hosts of the play, so it is planned anew.
    fn tell_of_hosts(&self) {
        let names: Vec<Arc<str>> = self.players.iter().map(|it| it.name().clone()).collect();
        let standings = self.standings.iter().zip(&names);
        let removed = standings.filter(|(standing, _)| standing.is_removed());
        let removed = removed.map(|(_, name)| name.clone()).collect();
        self.stage.without(&removed, &names);
        self.shared.note_change();
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

    pub(super) fn is_run_once(&self, node: NodeId) -> bool {
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
    pub(super) fn is_first(&self, host: usize) -> bool {
        self.standings
            .iter()
            .position(|standing| !standing.out && !standing.has_failed())
            == Some(host)
    }

    /// Lets nodes that joined the graph, and what waits for them, wait for the right things.
    pub(super) fn take_in(&mut self, nodes: Vec<NodeId>) {
        let ready = self.board.take_in(&self.graph, nodes);
        self.ready.extend(ready);
    }
}
